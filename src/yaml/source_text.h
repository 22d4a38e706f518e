// The text of a YAML file as lines, and what must be right about it before a YAML parser sees it.

#pragma once

#include <string_view>
#include <vector>

#include "yaml/yaml_tree.h"

namespace sessiond {

/// A view of the caller's text, which must outlive it.
class SourceText {
 public:
  explicit SourceText(std::string_view text);

  /// The whole text, without a byte order mark.
  std::string_view all() const { return all_; }
  /// What stands at the place and behind it, to the end of its line; nothing for a place outside the text.
  std::string_view lineFrom(YamlPlace place) const;

  /// Bytes that are not UTF-8, control characters, and tabs in the indentation (YAML 1.2 §5.1, §6.1): yaml-cpp takes
  /// some of them silently for something else.
  std::vector<YamlProblem> problems() const;

 private:
  std::string_view all_;
  std::vector<std::string_view> lines_;
};

}  // namespace sessiond
