#include "sessionctl/output.h"

#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <utility>

#include "base/ascii.h"
#include "base/encoding.h"
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

/// Characters, not bytes.
std::size_t widthOf(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, std::not_fn(isUtf8Continuation)));
}

std::string lineOf(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    line += cells[i];
    if (i + 1 < cells.size()) line.append(widths[i] + 2 - widthOf(cells[i]), ' ');
  }
  return line;
}

}  // namespace

std::string harmless(std::string_view text) {
  bool is_harmless = isValidUtf8(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool is_c1 = byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (byte < 0x20 || byte == 0x7f || is_c1) is_harmless = false;
  }
  return is_harmless ? std::string(text) : escapeForLog(text);
}

JsonObject& JsonObject::raw(std::string_view name, std::string_view json) {
  if (!members_.empty()) members_ += ',';
  members_ += jsonString(name) + ":" + std::string(json);
  return *this;
}

JsonObject& JsonObject::list(std::string_view name, const std::vector<std::string>& elements) {
  std::string all;
  for (const std::string& element : elements) all += (all.empty() ? "" : ",") + element;
  return raw(name, "[" + all + "]");
}

void printTable(const std::vector<std::string>& heading, std::vector<std::vector<std::string>> rows) {
  for (auto& row : rows)
    for (std::string& cell : row) cell = harmless(cell);
  std::vector<std::size_t> widths;
  widths.reserve(heading.size());
  for (const std::string& cell : heading) widths.push_back(widthOf(cell));
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], widthOf(row[i]));
  if (!heading.front().empty() && ::isatty(STDOUT_FILENO) != 0)
    std::printf("\x1b[1m%s\x1b[0m\n", lineOf(heading, widths).c_str());
  for (const auto& row : rows) std::printf("%s\n", lineOf(row, widths).c_str());
}

int fail(const CommonOptions& options, int exit_code, const std::string& why,
         const std::vector<std::string>& problems) {
  if (options.json) {
    JsonObject failure;
    failure.flag("ok", false).text("error", why);
    std::vector<std::string> list;
    list.reserve(problems.size());
    for (const std::string& problem : problems) list.push_back(jsonString(problem));
    if (!list.empty()) failure.list("problems", list);
    std::printf("%s\n", failure.json().c_str());
    return exit_code;
  }
  std::fprintf(stderr, "sessionctl: %s\n", harmless(why).c_str());
  for (const std::string& problem : problems) std::fprintf(stderr, "%s\n", harmless(problem).c_str());
  return exit_code;
}

void sayDone(const std::string& done) {
  if (::isatty(STDOUT_FILENO) != 0) std::printf("%s\n", harmless(done).c_str());
}

bool confirmed(const std::string& question) {
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDERR_FILENO) == 0) return false;
  std::fprintf(stderr, "%s [y/N] ", harmless(question).c_str());
  std::string line;
  for (int c = std::getchar(); c != EOF && c != '\n'; c = std::getchar()) line += static_cast<char>(c);
  const std::string answer = lowerCase(trimBlanks(line));
  return answer == "y" || answer == "yes";
}

Progress::Progress(std::string what) : what_(std::move(what)), is_seen_(::isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() {
  if (is_shown_) std::fputs("\r\x1b[K", stderr);
}

void Progress::show(std::uint64_t done, std::optional<std::uint64_t> all) {
  if (!is_seen_) return;
  is_shown_ = true;
  const std::string of_all = all ? " of about " + std::to_string(*all) : "";
  std::fprintf(stderr, "\r\x1b[K%s: %s%s", what_.c_str(), std::to_string(done).c_str(), of_all.c_str());
}

int sayProblems(const CommonOptions& options, bool good, const std::vector<ConfigProblem>& problems,
                const std::string& done) {
  if (options.json) {
    std::string list;
    for (const ConfigProblem& problem : problems) list += (list.empty() ? "" : ",") + jsonOf(problem);
    std::printf("{\"ok\":%s,\"problems\":[%s]}\n", good ? "true" : "false", list.c_str());
  } else {
    for (const ConfigProblem& problem : problems) std::fprintf(stderr, "%s\n", harmless(describe(problem)).c_str());
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
  for (const std::string& line : answer.lines)
    std::fprintf(to_stdout ? stdout : stderr, "%s\n", harmless(line).c_str());
  if (answer.exit_code == EX_OK && !done.empty()) sayDone(done);
  return answer.exit_code;
}

}  // namespace sessiond::ctl
