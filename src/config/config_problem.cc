#include "config/config_problem.h"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <tuple>

namespace sessiond {
namespace {

/// Keys come from the file: a line of ours must not be broken up by them.
std::string withoutControlBytes(std::string_view text) {
  std::string clean(text);
  std::replace_if(
      clean.begin(), clean.end(), [](char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f; },
      '?');
  return clean;
}

}  // namespace

std::string describe(const ConfigProblem& problem) {
  std::string text = problem.file;
  if (problem.line > 0) text += ":" + std::to_string(problem.line) + ":" + std::to_string(problem.column);
  text += ": ";
  if (problem.severity == ProblemSeverity::kWarning) text += "warning: ";
  if (!problem.path.empty()) text += problem.path + ": ";
  text += problem.message;
  return withoutControlBytes(text);
}

void print(const std::vector<ConfigProblem>& problems) {
  for (const ConfigProblem& problem : problems) std::fprintf(stderr, "%s\n", describe(problem).c_str());
}

void sortByPosition(std::vector<ConfigProblem>& problems) {
  std::stable_sort(problems.begin(), problems.end(), [](const ConfigProblem& left, const ConfigProblem& right) {
    return std::tie(left.file, left.line, left.column) < std::tie(right.file, right.line, right.column);
  });
}

}  // namespace sessiond
