// ConfigProblem: one thing that is wrong, or doubtful, in a configuration file, with the place it stands at.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sessiond {

enum class ProblemSeverity { kWarning, kError };

struct ConfigProblem {
  ProblemSeverity severity = ProblemSeverity::kError;
  std::string file;
  std::size_t line = 0;    ///< counted from 1; 0: the file as a whole
  std::size_t column = 0;  ///< in bytes, counted from 1
  std::string path;        ///< of the option, such as `redis.breaker.failures`; empty: no single option
  std::string message;     ///< lower case; names the limit and the value
};

/// `file:line:column: path: message`; a warning says `warning: ` before the path. Parts that are not known are
/// left out. The text holds no control characters, whatever the file held.
std::string describe(const ConfigProblem& problem);

/// Each in a line of its own, to standard error.
void print(const std::vector<ConfigProblem>& problems);

/// By file and position; problems of one position keep their order.
void sortByPosition(std::vector<ConfigProblem>& problems);

}  // namespace sessiond
