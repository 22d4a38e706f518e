// A YAML document as a tree that remembers where everything stands, read more strictly than yaml-cpp reads it.
//
// Left to itself yaml-cpp lets duplicate keys pass, joins a text with the line after it when an indentation is
// wrong, takes a quote that is never closed as reaching to the end of the file, and multiplies aliases. Here those
// are problems: one document, maps with unique text keys, every text on one line; no anchors, aliases, tags or
// block texts. The tree is built from yaml-cpp's events, not from its nodes, so that its depth can be bounded while
// it is read.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sessiond {

/// Line and column, in bytes, counted from 1; line 0 is the file as a whole.
struct YamlPlace {
  std::size_t line = 0;
  std::size_t column = 0;
};

enum class YamlKind {
  kNull,
  kScalar,
  kSequence,
  kMap,
  kBroken  ///< a problem has been reported here: say nothing more about it
};

struct YamlEntry;

struct YamlNode {
  YamlKind kind = YamlKind::kNull;
  YamlPlace place;
  std::string text;     ///< of a scalar
  bool quoted = false;  ///< a scalar in quotes is a text, whatever it looks like
  std::vector<YamlNode> items;
  std::vector<YamlEntry> entries;
};

struct YamlEntry {
  std::string key;
  YamlPlace place;  ///< of the key
  YamlNode value;
};

struct YamlProblem {
  YamlPlace place;
  std::string path;  ///< keys joined by dots; empty: not inside an option
  std::string message;
};

struct YamlDocument {
  YamlNode root;  ///< kBroken after a problem that leaves nothing to go on with
  std::vector<YamlProblem> problems;
};

/// Structures nested deeper than this are refused; a configuration needs five.
inline constexpr std::size_t kMaxYamlDepth = 16;

/// Pure. Time and memory grow with the text's size, which the caller bounds.
YamlDocument parseYaml(std::string_view text);

}  // namespace sessiond
