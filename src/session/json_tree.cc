#include "session/json_tree.h"

// RapidJSON 1.1.0 adds to a null pointer when its stack is first used, and clang's sanitizer reports it; the functions
// that do so are those marked with this macro, which is empty otherwise.
#if defined(__clang__)
#define RAPIDJSON_FORCEINLINE __attribute__((no_sanitize("pointer-overflow")))
#endif
#include <rapidjson/error/error.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <limits>
#include <utility>

#include "base/check.h"
#include "session/json_repair.h"

namespace sessiond {
namespace {

constexpr unsigned kParseFlags =
    rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag;

std::uint32_t offset(std::size_t position) {
  return static_cast<std::uint32_t>(position);
}

}  // namespace

// RapidJSON's events, written down as nodes. An event does not say where its token began; but only white space, a
// comma and a colon can stand between it and the token before.
class JsonTreeBuilder {
 public:
  // Fills the tree. `parsed` is the tree's document or a copy of the same length in which something was made good.
  static rapidjson::ParseErrorCode build(JsonTree& tree, std::string_view parsed);

  using Ch = char;

  JsonTreeBuilder(JsonTree& tree, std::string_view document, const rapidjson::MemoryStream& stream)
      : tree_(tree), document_(document), stream_(stream) {}

  bool Null() { return scalar(JsonKind::kNull); }
  bool Bool(bool value) { return scalar(value ? JsonKind::kTrue : JsonKind::kFalse); }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return scalar(JsonKind::kNumber); }
  bool String(const char* text, rapidjson::SizeType size, bool) { return string({text, size}); }
  bool Key(const char* text, rapidjson::SizeType size, bool) { return string({text, size}); }
  bool StartObject() { return open(JsonKind::kObject); }
  bool StartArray() { return open(JsonKind::kArray); }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool EndArray(rapidjson::SizeType) { return close(); }

  // RapidJSON names these too; with kParseNumbersAsStringsFlag it never calls them.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }

 private:
  JsonTree::Node& append(JsonKind kind, std::size_t end) {
    const std::size_t begin = document_.find_first_not_of(" \t\r\n,:", token_end_);
    token_end_ = end;
    tree_.nodes_.push_back({.kind = kind,
                            .text_in_source = true,
                            .source_begin = offset(begin),
                            .source_end = offset(end),
                            .text_begin = offset(begin),
                            .text_size = offset(end - begin),
                            .next = offset(tree_.nodes_.size() + 1)});
    return tree_.nodes_.back();
  }

  bool scalar(JsonKind kind) {
    append(kind, stream_.Tell());
    return true;
  }

  // Every escape is longer than what it stands for, so a text of the same length has none.
  bool string(std::string_view text) {
    JsonTree::Node& node = append(JsonKind::kString, stream_.Tell());
    ++node.text_begin;
    node.text_size -= 2;
    if (text.size() == node.text_size) return true;
    node.text_in_source = false;
    node.text_begin = offset(tree_.decoded_.size());
    node.text_size = offset(text.size());
    tree_.decoded_.append(text);
    return true;
  }

  bool open(JsonKind kind) {
    if (open_.size() == static_cast<std::size_t>(JsonTree::kMaxDepth)) return false;
    open_.push_back(offset(tree_.nodes_.size()));
    append(kind, stream_.Tell() + 1);
    return true;
  }

  bool close() {
    JsonTree::Node& node = tree_.nodes_[open_.back()];
    open_.pop_back();
    token_end_ = stream_.Tell() + 1;
    node.source_end = offset(token_end_);
    node.next = offset(tree_.nodes_.size());
    return true;
  }

  JsonTree& tree_;
  std::string_view document_;
  const rapidjson::MemoryStream& stream_;
  std::size_t token_end_ = 0;
  std::vector<std::uint32_t> open_;  // nodes of the arrays and objects that are not closed yet
};

rapidjson::ParseErrorCode JsonTreeBuilder::build(JsonTree& tree, std::string_view parsed) {
  tree.nodes_.clear();
  tree.decoded_.clear();
  rapidjson::MemoryStream stream(parsed.data(), parsed.size());
  JsonTreeBuilder builder(tree, parsed, stream);
  rapidjson::Reader reader;
  const rapidjson::ParseErrorCode code = reader.Parse<kParseFlags>(stream, builder).Code();
  // RapidJSON takes a NUL behind the root for the end of the stream.
  if (code == rapidjson::kParseErrorNone && stream.Tell() != parsed.size()) {
    return rapidjson::kParseErrorDocumentRootNotSingular;
  }
  return code;
}

Expected<JsonTree, JsonError> JsonTree::parse(std::string_view text) {
  constexpr std::size_t kMaxBytes = std::numeric_limits<std::uint32_t>::max() / 2;
  if (text.size() >= kMaxBytes) return Unexpected(JsonError::kTooLarge);
  JsonTree tree;
  tree.given_ = text;
  if (std::optional<std::string> repaired = replaceInvalidUtf8(text)) tree.repaired_ = std::move(*repaired);
  const std::optional<std::string> without_surrogates = replaceLoneSurrogates(tree.document());
  const std::string_view parsed = without_surrogates ? std::string_view(*without_surrogates) : tree.document();
  rapidjson::ParseErrorCode code = JsonTreeBuilder::build(tree, parsed);
  if (code == rapidjson::kParseErrorNumberTooBig) code = JsonTreeBuilder::build(tree, tameNumbers(parsed));
  if (code == rapidjson::kParseErrorTermination) return Unexpected(JsonError::kTooDeep);
  if (code != rapidjson::kParseErrorNone) return Unexpected(JsonError::kMalformed);
  return tree;
}

std::string_view JsonTree::textOf(const Node& node) const {
  const std::string_view home = node.text_in_source ? document() : std::string_view(decoded_);
  return home.substr(node.text_begin, node.text_size);
}

std::string_view JsonTree::sourceOf(const Node& node) const {
  return document().substr(node.source_begin, node.source_end - node.source_begin);
}

JsonKind JsonValue::kind() const {
  return tree_->nodes_[node_].kind;
}

std::string_view JsonValue::text() const {
  SESSIOND_CHECK(isScalar());
  return tree_->textOf(tree_->nodes_[node_]);
}

std::string_view JsonValue::source() const {
  return tree_->sourceOf(tree_->nodes_[node_]);
}

JsonChildren JsonValue::children() const {
  SESSIOND_CHECK(!isScalar());
  return JsonChildren(tree_, node_ + 1, tree_->nodes_[node_].next, kind() == JsonKind::kObject);
}

std::optional<JsonValue> JsonValue::member(std::string_view name) const {
  if (kind() != JsonKind::kObject) return std::nullopt;
  for (const JsonChild& child : children()) {
    if (child.name == name) return child.value;
  }
  return std::nullopt;
}

std::size_t JsonValue::memberCount(std::string_view name) const {
  if (kind() != JsonKind::kObject) return 0;
  std::size_t count = 0;
  for (const JsonChild& child : children()) count += child.name == name ? 1 : 0;
  return count;
}

std::optional<JsonValue> JsonValue::element(std::size_t index) const {
  if (kind() != JsonKind::kArray) return std::nullopt;
  for (const JsonChild& child : children()) {
    if (index-- == 0) return child.value;
  }
  return std::nullopt;
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
