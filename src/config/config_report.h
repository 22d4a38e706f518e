// ConfigReport: the problems found in one configuration file so far, and where each of its options stands.

#pragma once

#include <cstddef>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/config_problem.h"
#include "yaml/yaml_tree.h"

namespace sessiond {

/// A plain collector; not thread-safe.
class ConfigReport {
 public:
  explicit ConfigReport(std::string file) : file_(std::move(file)) {}

  /// Remembers where an option stands, for what is found wrong with it later.
  void remember(const std::string& path, YamlPlace place);

  void error(YamlPlace place, const std::string& path, std::string message);
  /// At the place of the option, or of the section around it when the file does not hold it.
  void error(const std::string& path, std::string message);
  void warning(const std::string& path, std::string message);

  /// Was nothing wrong with this option so far? What depends on a value that could not be read says nothing.
  bool isSound(std::string_view path) const;
  bool areSound(std::initializer_list<std::string_view> paths) const;
  /// Does the file hold it? Not only its default.
  bool isGiven(const std::string& path) const { return places_.contains(path); }
  /// A name or a structure in the text was not understood.
  void noteNotUnderstood() { understood_ = false; }
  /// Does the file say it, were it by leaving it out? Where it was not understood, nobody can say what was left out.
  bool isSaid(const std::string& path) const { return understood_ || isGiven(path); }
  bool hasErrors() const;
  /// All problems, sorted by position; none are left.
  std::vector<ConfigProblem> take();

 private:
  YamlPlace placeOf(std::string path) const;
  void add(ProblemSeverity severity, YamlPlace place, const std::string& path, std::string message);

  std::string file_;
  bool understood_ = true;
  std::map<std::string, YamlPlace> places_;
  std::vector<ConfigProblem> problems_;
};

/// A value from the file for use in a message: printable, short; `""` when empty.
std::string shown(std::string_view value);
/// The path of a file: printable, and whole, since its end is what tells it from others.
std::string shownPath(std::string_view path);

}  // namespace sessiond
