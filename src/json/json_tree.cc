#include "json/json_tree.h"

// RapidJSON 1.1.0 adds to a null pointer when its stack is first used, and clang's sanitizer reports it; the functions
// that do so are those marked with this macro, which is empty otherwise.
#if defined(__clang__)
#define RAPIDJSON_FORCEINLINE __attribute__((no_sanitize("pointer-overflow")))
#endif
#include <rapidjson/error/error.h>
#include <rapidjson/reader.h>

#include <array>
#include <limits>
#include <utility>

#include "base/check.h"
#include "base/secret.h"
#include "json/json_repair.h"
#include "json/throwing_allocator.h"

namespace sessiond {
namespace {

// The iterative parser: the other one recurses, and a million brackets would end the process. Encodings need no
// validation here, because the text as a whole has been validated before (kParseValidateEncodingFlag would do it again
// for each string, at three times the cost of the rest).
constexpr unsigned kParseFlags =
    rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseInsituFlag;

// RapidJSON's stream over a text that a NUL follows; strings are decoded in place, as its InsituStringStream does it
// (which cannot be told where it stands while it parses, because RapidJSON works on a copy of it).
class TextStream {
 public:
  using Ch = char;

  explicit TextStream(std::string& text) : begin_(text.data()), at_(begin_), put_(begin_) {}
  std::size_t offsetOf(const Ch* place) const { return static_cast<std::size_t>(place - begin_); }

  // NOLINTBEGIN(readability-identifier-naming): the names are those of RapidJSON's stream concept
  Ch Peek() const { return *at_; }
  Ch Take() { return *at_++; }
  std::size_t Tell() const { return static_cast<std::size_t>(at_ - begin_); }
  Ch* PutBegin() { return put_ = at_; }
  void Put(Ch c) { *put_++ = c; }
  void Flush() {}
  std::size_t PutEnd(const Ch* begin) { return static_cast<std::size_t>(put_ - begin); }
  // NOLINTEND(readability-identifier-naming)

 private:
  Ch* begin_;
  Ch* at_;
  Ch* put_;
};

bool standsBetweenTokens(char c) {
  return c == ' ' || c == ',' || c == ':' || c == '\n' || c == '\r' || c == '\t';
}

std::uint32_t offset(std::size_t position) {
  return static_cast<std::uint32_t>(position);
}

}  // namespace

// RapidJSON's events, written down as nodes. An event does not say where its token began; but only white space, a
// comma and a colon can stand between it and the token before.
class JsonTreeBuilder {
 public:
  // Fills the tree. REQUIRES: tree.decoded_ is a copy of its document, of the same length, in which something may have
  // been made good.
  static rapidjson::ParseErrorCode build(JsonTree& tree);

  using Ch = char;

  JsonTreeBuilder(JsonTree& tree, const TextStream& stream)
      : tree_(tree), document_(tree.document()), stream_(stream) {}

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
    std::size_t begin = token_end_;
    while (standsBetweenTokens(document_[begin])) ++begin;
    token_end_ = end;
    tree_.nodes_.push_back({.kind = kind,
                            .source_begin = offset(begin),
                            .source_end = offset(end),
                            .text_begin = 0,
                            .text_size = 0,
                            .next = offset(tree_.nodes_.size() + 1)});
    return tree_.nodes_.back();
  }

  bool scalar(JsonKind kind) {
    append(kind, stream_.Tell());
    return true;
  }

  bool string(std::string_view text) {
    JsonTree::Node& node = append(JsonKind::kString, stream_.Tell());
    node.text_begin = offset(stream_.offsetOf(text.data()));
    node.text_size = offset(text.size());
    return true;
  }

  bool open(JsonKind kind) {
    if (depth_ == open_.size()) return false;
    open_[depth_++] = offset(tree_.nodes_.size());
    append(kind, stream_.Tell() + 1);
    return true;
  }

  bool close() {
    JsonTree::Node& node = tree_.nodes_[open_[--depth_]];
    token_end_ = stream_.Tell() + 1;
    node.source_end = offset(token_end_);
    node.next = offset(tree_.nodes_.size());
    return true;
  }

  JsonTree& tree_;
  std::string_view document_;
  const TextStream& stream_;
  std::size_t token_end_ = 0;
  std::array<std::uint32_t, JsonTree::kMaxDepth> open_;  // nodes of the arrays and objects that are not closed yet
  std::size_t depth_ = 0;
};

using Reader = rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>, ThrowingAllocator>;

rapidjson::ParseErrorCode JsonTreeBuilder::build(JsonTree& tree) {
  constexpr std::size_t kBytesPerNode = 10;  // of sessions as applications have them; a guess saves growing
  const std::size_t size = tree.decoded_.size();
  tree.nodes_.clear();
  tree.nodes_.reserve(size / kBytesPerNode + 4);
  TextStream stream(tree.decoded_);
  JsonTreeBuilder builder(tree, stream);
  Reader reader;
  const rapidjson::ParseErrorCode code = reader.Parse<kParseFlags>(stream, builder).Code();
  // RapidJSON takes a NUL behind the root for the end of the stream.
  if (code == rapidjson::kParseErrorNone && stream.Tell() != size) return rapidjson::kParseErrorDocumentRootNotSingular;
  return code;
}

Expected<JsonTree, JsonError> JsonTree::parse(std::string_view text) {
  constexpr std::size_t kMaxBytes = std::numeric_limits<std::uint32_t>::max() / 2;
  if (text.size() >= kMaxBytes) return Unexpected(JsonError::kTooLarge);
  JsonTree tree;
  tree.given_ = text;
  if (std::optional<std::string> repaired = replaceInvalidUtf8(text)) tree.repaired_ = std::move(*repaired);
  tree.copyDocument();
  rapidjson::ParseErrorCode code = JsonTreeBuilder::build(tree);
  if (code == rapidjson::kParseErrorNumberTooBig) {
    tree.copyDocument();
    tree.decoded_ = tameNumbers(tree.decoded_);
    code = JsonTreeBuilder::build(tree);
  }
  // Nobody else could, and nobody waits for a text that is none.
  if (code != rapidjson::kParseErrorNone) tree.wipe();
  if (code == rapidjson::kParseErrorTermination) return Unexpected(JsonError::kTooDeep);
  if (code != rapidjson::kParseErrorNone) return Unexpected(JsonError::kMalformed);
  return tree;
}

void JsonTree::wipe() {
  wipeString(repaired_);
  wipeString(decoded_);
  nodes_.clear();
}

void JsonTree::copyDocument() {
  if (std::optional<std::string> replaced = replaceLoneSurrogates(document())) {
    decoded_ = std::move(*replaced);
  } else {
    decoded_ = document();
  }
}

std::string_view JsonValue::text() const {
  SESSIOND_CHECK(isScalar());
  return tree_->textOf(tree_->nodes_[node_]);
}

std::string_view JsonValue::source() const {
  return tree_->sourceOf(tree_->nodes_[node_]);
}

std::optional<JsonValue> JsonValue::member(std::string_view name) const {
  bool repeated = false;
  return member(name, repeated);
}

std::optional<JsonValue> JsonValue::member(std::string_view name, bool& repeated) const {
  std::optional<JsonValue> first;
  if (kind() != JsonKind::kObject) return first;
  for (const JsonChild& child : children()) {
    if (child.name != name) continue;
    if (first) {
      repeated = true;
      break;
    }
    first = child.value;
  }
  return first;
}

std::optional<JsonValue> JsonValue::element(std::size_t index) const {
  if (kind() != JsonKind::kArray) return std::nullopt;
  for (const JsonChild& child : children()) {
    if (index-- == 0) return child.value;
  }
  return std::nullopt;
}

}  // namespace sessiond
