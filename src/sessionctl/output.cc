#include "sessionctl/output.h"

#include <sysexits.h>
#include <unistd.h>

#include <cstdio>

#include "json/json_text.h"

namespace sessiond::ctl {

std::string jsonString(std::string_view text) {
  std::string out;
  appendJsonString(out, text);
  return out;
}

namespace {

std::string jsonOf(const ConfigProblem& problem) {
  const bool is_error = problem.severity == ProblemSeverity::kError;
  return "{\"severity\":" + jsonString(is_error ? "error" : "warning") + ",\"file\":" + jsonString(problem.file) +
         ",\"line\":" + std::to_string(problem.line) + ",\"column\":" + std::to_string(problem.column) +
         ",\"option\":" + jsonString(problem.path) + ",\"message\":" + jsonString(problem.message) + "}";
}

/// `name: value` lines are members, all others notes.
std::string jsonOf(const ControlAnswer& answer, bool is_result) {
  std::string members;
  std::string notes;
  for (const std::string& line : answer.lines) {
    const std::size_t colon = line.find(": ");
    if (is_result && colon != std::string::npos) {
      members += "," + jsonString(line.substr(0, colon)) + ":" + jsonString(line.substr(colon + 2));
    } else {
      notes += (notes.empty() ? "" : ",") + jsonString(line);
    }
  }
  return "{\"ok\":" + std::string(answer.exit_code == EX_OK ? "true" : "false") + members + ",\"notes\":[" + notes +
         "]}";
}

void sayDone(const std::string& done) {
  if (::isatty(STDOUT_FILENO) != 0) std::printf("%s\n", done.c_str());
}

}  // namespace

int sayProblems(const CommonOptions& options, bool good, const std::vector<ConfigProblem>& problems,
                const std::string& done) {
  if (options.json) {
    std::string list;
    for (const ConfigProblem& problem : problems) list += (list.empty() ? "" : ",") + jsonOf(problem);
    std::printf("{\"ok\":%s,\"problems\":[%s]}\n", good ? "true" : "false", list.c_str());
  } else {
    for (const ConfigProblem& problem : problems) std::fprintf(stderr, "%s\n", describe(problem).c_str());
    if (good) sayDone(done);
  }
  return good ? EX_OK : EX_CONFIG;
}

int sayAnswer(const CommonOptions& options, const ControlAnswer& answer, bool is_result, const std::string& done) {
  if (options.json) {
    std::printf("%s\n", jsonOf(answer, is_result).c_str());
    return answer.exit_code;
  }
  const bool to_stdout = is_result && answer.exit_code == EX_OK;
  for (const std::string& line : answer.lines) std::fprintf(to_stdout ? stdout : stderr, "%s\n", line.c_str());
  if (answer.exit_code == EX_OK && !done.empty()) sayDone(done);
  return answer.exit_code;
}

}  // namespace sessiond::ctl
