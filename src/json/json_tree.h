// JsonTree: a parsed JSON text that remembers where in the text each value stands.
//
// RapidJSON does the parsing (iterative parser, on text that is known to be UTF-8); the tree is a flat array of nodes
// in the text's order, so nothing here recurses and nothing is converted: a number stays its text, and a value that a
// change does not touch can be copied byte for byte (merge_patch.h).
//
// What is read is what Node's JSON.parse reads from a Redis reply. Two things RapidJSON refuses and Node takes are
// made good in a copy before parsing (json_repair.h): lone surrogates and invalid UTF-8 become U+FFFD, and numbers
// beyond a double's range are numbers. A byte order mark is refused by both.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/expected.h"

namespace sessiond {

enum class JsonKind : std::uint8_t { kNull, kFalse, kTrue, kNumber, kString, kObject, kArray };

enum class JsonError {
  kMalformed,  ///< not one JSON text, or more than that
  kTooDeep,    ///< arrays and objects nested deeper than JsonTree::kMaxDepth
  kTooLarge,   ///< 2 GiB and more: beyond what node offsets can hold
};

class JsonTree;
class JsonChildren;

/// A value in a tree: a light handle, to be passed by value; lives no longer than the tree.
class JsonValue {
 public:
  inline JsonKind kind() const;
  bool isScalar() const { return kind() != JsonKind::kObject && kind() != JsonKind::kArray; }
  /// A string's decoded characters (may hold NUL), a number's text as written, `true`, `false` or `null`.
  /// REQUIRES: isScalar().
  std::string_view text() const;
  /// The value's own text in the document, white space inside included.
  std::string_view source() const;
  /// Elements of an array or members of an object, in order. REQUIRES: !isScalar().
  inline JsonChildren children() const;
  /// An object's member; of several with that name the first. nullopt when there is none or this is no object.
  std::optional<JsonValue> member(std::string_view name) const;
  /// The same; `repeated` is set to true (never to false) when there are several.
  std::optional<JsonValue> member(std::string_view name, bool& repeated) const;
  /// An array's element.
  std::optional<JsonValue> element(std::size_t index) const;

 private:
  friend class JsonTree;
  friend class JsonChildren;
  JsonValue(const JsonTree* tree, std::uint32_t node) : tree_(tree), node_(node) {}

  const JsonTree* tree_;
  std::uint32_t node_;
};

/// An element, or a member with its name.
struct JsonChild {
  std::string_view name;         ///< decoded; empty for elements
  std::string_view name_source;  ///< with its quotes, as written; empty for elements
  JsonValue value;
};

/// The range over a container's children.
class JsonChildren {
 public:
  class Iterator {
   public:
    inline JsonChild operator*() const;
    inline Iterator& operator++();
    bool operator!=(const Iterator& other) const { return node_ != other.node_; }

   private:
    friend class JsonChildren;
    Iterator(const JsonTree* tree, std::uint32_t node, bool named) : tree_(tree), node_(node), named_(named) {}
    const JsonTree* tree_;
    std::uint32_t node_;
    bool named_;
  };

  Iterator begin() const { return Iterator(tree_, begin_, named_); }
  Iterator end() const { return Iterator(tree_, end_, named_); }
  bool empty() const { return begin_ == end_; }

 private:
  friend class JsonValue;
  JsonChildren(const JsonTree* tree, std::uint32_t begin, std::uint32_t end, bool named)
      : tree_(tree), begin_(begin), end_(end), named_(named) {}
  const JsonTree* tree_;
  std::uint32_t begin_;
  std::uint32_t end_;
  bool named_;
};

/// Immutable once parsed; movable (not while handles into it are in use). Keeps a view of the text, which must live
/// as long as the tree.
class JsonTree {
 public:
  static constexpr int kMaxDepth = 64;

  static Expected<JsonTree, JsonError> parse(std::string_view text);

  JsonValue root() const { return JsonValue(this, 0); }
  /// Overwrites the copies of the text that it has, where there is a secret in it. No value may be used afterwards.
  void wipe();

 private:
  friend class JsonValue;
  friend class JsonChildren;  // and its iterator
  friend class JsonTreeBuilder;

  // One value, or one member's name, which stands right before its value.
  struct Node {
    JsonKind kind;
    std::uint32_t source_begin;  // in the document
    std::uint32_t source_end;
    std::uint32_t text_begin;  // a string's characters, in decoded_
    std::uint32_t text_size;
    std::uint32_t next;  // the node behind this one and all below it
  };

  JsonTree() = default;
  std::string_view document() const { return repaired_.empty() ? given_ : std::string_view(repaired_); }
  void copyDocument();
  std::string_view textOf(const Node& node) const {
    if (node.kind != JsonKind::kString) return sourceOf(node);
    return {decoded_.data() + node.text_begin, node.text_size};
  }
  std::string_view sourceOf(const Node& node) const {
    return {document().data() + node.source_begin, node.source_end - node.source_begin};
  }

  std::string_view given_;
  std::string repaired_;  // stands for given_ when that was no UTF-8
  std::string decoded_;   // a copy of the document in which strings were decoded in place
  std::vector<Node> nodes_;
};

// Walking is what a check that has to load does most; so this much stands here.

JsonKind JsonValue::kind() const {
  return tree_->nodes_[node_].kind;
}

JsonChildren JsonValue::children() const {
  SESSIOND_CHECK(!isScalar());
  return JsonChildren(tree_, node_ + 1, tree_->nodes_[node_].next, kind() == JsonKind::kObject);
}

JsonChild JsonChildren::Iterator::operator*() const {
  if (!named_) return {.name = {}, .name_source = {}, .value = JsonValue(tree_, node_)};
  const JsonTree::Node& name = tree_->nodes_[node_];
  return {.name = tree_->textOf(name), .name_source = tree_->sourceOf(name), .value = JsonValue(tree_, node_ + 1)};
}

JsonChildren::Iterator& JsonChildren::Iterator::operator++() {
  node_ = tree_->nodes_[named_ ? node_ + 1 : node_].next;
  return *this;
}

}  // namespace sessiond
