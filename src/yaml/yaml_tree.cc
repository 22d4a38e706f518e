#include "yaml/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "yaml/source_text.h"

namespace sessiond {
namespace {

constexpr char kNotSupported[] =
    "anchors (&), aliases (*) and tags (!) are not supported; a text that begins like one needs quotes";

/// Leaves yaml-cpp's recursion by way of its frames.
struct TooDeep {
  YamlPlace place;
};

YamlPlace placeOf(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {static_cast<std::size_t>(mark.line) + 1, static_cast<std::size_t>(mark.column) + 1};
}

/// Does the quoted text that begins here end in this line?
bool isClosed(std::string_view line) {
  const char quote = line.front();
  for (std::size_t at = 1; at < line.size(); ++at) {
    if (line[at] == '\\' && quote == '"') {
      ++at;
    } else if (line[at] == quote) {
      if (quote == '"' || at + 1 == line.size() || line[at + 1] != quote) return true;
      ++at;
    }
  }
  return false;
}

/// What is wrong with the way a scalar is written, if anything. `line` is the source from its beginning on.
std::optional<std::string> complaintAboutScalar(std::string_view line, const std::string& value, bool plain) {
  if (plain) {
    if (line.substr(0, value.size()) == value) return std::nullopt;
    return "the line after it is read as part of it; a text must stand on one line (wrong indentation, or a bracket "
           "that is not closed?)";
  }
  if (line.starts_with('"') || line.starts_with('\'')) {
    if (isClosed(line)) return std::nullopt;
    return "its closing quote is not in the same line";
  }
  return "block texts (| and >) are not supported; write the text on one line, in quotes";
}

/// Builds the tree. Not reusable: one document.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const SourceText& source) : source_(source) {}

  YamlDocument document;

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode node{.kind = YamlKind::kNull, .place = placeOf(mark)};
    if (anchor != 0) breakNode(node, kNotSupported);
    add(std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    YamlNode node{.place = placeOf(mark)};
    breakNode(node, kNotSupported);
    add(std::move(node));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const bool plain = tag == "?";
    YamlNode node{.kind = YamlKind::kScalar, .place = placeOf(mark), .text = value, .quoted = !plain};
    if (anchor != 0 || (!plain && tag != "!")) {
      breakNode(node, kNotSupported);
    } else if (const std::optional<std::string> complaint =
                   complaintAboutScalar(source_.lineFrom(node.place), value, plain)) {
      breakNode(node, *complaint);
    }
    add(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(YamlKind::kSequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(YamlKind::kMap, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  /// A map or sequence that is still open, and in a map the key whose value comes next.
  struct Frame {
    YamlNode node;
    std::optional<YamlEntry> pending = {};
    bool pending_is_refused = false;
    std::map<std::string, YamlPlace> keys = {};
  };

  void open(YamlKind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    const YamlPlace place = placeOf(mark);
    if (frames_.size() >= kMaxYamlDepth) throw TooDeep{place};
    YamlNode node{.kind = kind, .place = place};
    if (anchor != 0 || (tag != "?" && tag != "!")) breakNode(node, kNotSupported);
    frames_.push_back(Frame{.node = std::move(node)});
  }

  void close() {
    YamlNode node = std::move(frames_.back().node);
    frames_.pop_back();
    add(std::move(node));
  }

  void add(YamlNode&& node) {
    if (frames_.empty()) {
      document.root = std::move(node);
      return;
    }
    Frame& frame = frames_.back();
    const bool is_sequence = frame.node.kind == YamlKind::kSequence;
    if (frame.node.kind == YamlKind::kBroken) return;
    if (is_sequence) {
      frame.node.items.push_back(std::move(node));
    } else if (!frame.pending) {
      takeKey(frame, std::move(node));
    } else {
      takeValue(frame, std::move(node));
    }
  }

  void takeKey(Frame& frame, YamlNode&& node) {
    frame.pending_is_refused = true;
    if (node.kind == YamlKind::kScalar) {
      const auto [first, is_new] = frame.keys.emplace(node.text, node.place);
      frame.pending_is_refused = !is_new;
      if (!is_new) {
        report(node.place, node.text, "given twice; the first one is in line " + std::to_string(first->second.line));
      }
    } else if (node.kind != YamlKind::kBroken) {
      report(node.place, "", "a key must be a text");
    }
    frame.pending = YamlEntry{.key = std::move(node.text), .place = node.place, .value = {}};
  }

  void takeValue(Frame& frame, YamlNode&& node) {
    // yaml-cpp places a value that is not there at whatever comes next.
    if (node.kind == YamlKind::kNull && node.place.line != frame.pending->place.line) node.place = frame.pending->place;
    frame.pending->value = std::move(node);
    if (!frame.pending_is_refused) frame.node.entries.push_back(*std::move(frame.pending));
    frame.pending.reset();
  }

  void breakNode(YamlNode& node, std::string message) {
    node.kind = YamlKind::kBroken;
    report(node.place, "", std::move(message));
  }

  void report(YamlPlace place, const std::string& key, std::string message) {
    std::string path;
    for (const Frame& frame : frames_) {
      if (frame.pending) path += (path.empty() ? "" : ".") + frame.pending->key;
    }
    if (!key.empty()) path += (path.empty() ? "" : ".") + key;
    document.problems.push_back({place, std::move(path), std::move(message)});
  }

  const SourceText& source_;
  std::vector<Frame> frames_;
};

/// The border of yaml-cpp's exceptions. What is wrong with the text as YAML, if anything.
std::optional<YamlProblem> build(const SourceText& source, TreeBuilder& builder) {
  std::istringstream stream{std::string(source.all())};
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) return YamlProblem{{}, "", "is empty: it holds no option at all"};
    TreeBuilder second(source);
    if (parser.HandleNextDocument(second)) {
      return YamlProblem{second.document.root.place, "", "a second document begins here; only one is allowed"};
    }
  } catch (const TooDeep& deep) {
    return YamlProblem{deep.place, "", "nested deeper than " + std::to_string(kMaxYamlDepth) + " levels"};
  } catch (const YAML::Exception& error) {
    const bool is_alias = error.msg.starts_with(YAML::ErrorMsg::UNKNOWN_ANCHOR);
    return YamlProblem{placeOf(error.mark), "", is_alias ? kNotSupported : "not YAML: " + error.msg};
  }
  return std::nullopt;
}

}  // namespace

YamlDocument parseYaml(std::string_view text) {
  const SourceText source(text);
  YamlDocument document;
  document.root.kind = YamlKind::kBroken;
  document.problems = source.problems();
  if (!document.problems.empty()) return document;

  TreeBuilder builder(source);
  const std::optional<YamlProblem> fatal = build(source, builder);
  document.problems = std::move(builder.document.problems);
  if (fatal) {
    document.problems.push_back(*fatal);
  } else {
    document.root = std::move(builder.document.root);
  }
  return document;
}

}  // namespace sessiond
