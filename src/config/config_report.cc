#include "config/config_report.h"

#include <algorithm>
#include <climits>
#include <utility>

#include "base/encoding.h"

namespace sessiond {

void ConfigReport::remember(const std::string& path, YamlPlace place) {
  places_.insert_or_assign(path, place);
}

void ConfigReport::error(YamlPlace place, const std::string& path, std::string message) {
  add(ProblemSeverity::kError, place, path, std::move(message));
}

void ConfigReport::error(const std::string& path, std::string message) {
  add(ProblemSeverity::kError, placeOf(path), path, std::move(message));
}

void ConfigReport::warning(const std::string& path, std::string message) {
  add(ProblemSeverity::kWarning, placeOf(path), path, std::move(message));
}

bool ConfigReport::isSound(std::string_view path) const {
  return std::none_of(problems_.begin(), problems_.end(), [path](const ConfigProblem& problem) {
    if (problem.severity != ProblemSeverity::kError || !problem.path.starts_with(path)) return false;
    const std::size_t end = path.size();
    return problem.path.size() == end || problem.path[end] == '.' || problem.path[end] == '[';
  });
}

bool ConfigReport::areSound(std::initializer_list<std::string_view> paths) const {
  return std::ranges::all_of(paths, [this](std::string_view path) { return isSound(path); });
}

bool ConfigReport::hasErrors() const {
  return std::any_of(problems_.begin(), problems_.end(),
                     [](const ConfigProblem& problem) { return problem.severity == ProblemSeverity::kError; });
}

std::vector<ConfigProblem> ConfigReport::take() {
  sortByPosition(problems_);
  return std::exchange(problems_, {});
}

YamlPlace ConfigReport::placeOf(std::string path) const {
  while (!path.empty()) {
    const auto found = places_.find(path);
    if (found != places_.end()) return found->second;
    const std::size_t end = path.find_last_of(".[");
    path.resize(end == std::string::npos ? 0 : end);
  }
  return {};
}

void ConfigReport::add(ProblemSeverity severity, YamlPlace place, const std::string& path, std::string message) {
  problems_.push_back({severity, file_, place.line, place.column, path, std::move(message)});
}

std::string shown(std::string_view value) {
  constexpr std::size_t kLongest = 64;
  return value.empty() ? "\"\"" : escapeForLog(value, kLongest);
}

std::string shownPath(std::string_view path) {
  return escapeForLog(path, PATH_MAX);
}

}  // namespace sessiond
