// What sessionctl says: lines for people, or one JSON object a command for programs (--json).

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/in_words.h"
#include "config/config_file.h"
#include "config/config_problem.h"
#include "os/control_socket.h"

namespace sessiond::ctl {

/// Of every command.
struct CommonOptions {
  std::string config_file = std::string(kDefaultConfigFile);
  bool json = false;
};

/// A JSON string.
std::string jsonString(std::string_view text);

/// A JSON object, member by member.
class JsonObject {
 public:
  JsonObject& text(std::string_view name, std::string_view value) { return raw(name, jsonString(value)); }
  /// null when it is empty.
  JsonObject& textOrNull(std::string_view name, std::string_view value) {
    return raw(name, value.empty() ? "null" : jsonString(value));
  }
  JsonObject& number(std::string_view name, std::int64_t value) { return raw(name, std::to_string(value)); }
  JsonObject& flag(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  JsonObject& raw(std::string_view name, std::string_view json);
  JsonObject& list(std::string_view name, const std::vector<std::string>& elements);
  std::string json() const { return "{" + members_ + "}"; }

 private:
  std::string members_;
};

/// What comes from elsewhere (Redis, nginx's files, another program) may not do more to a terminal than stand there:
/// with control characters, line breaks or broken UTF-8 in it, it is escaped.
std::string harmless(std::string_view text);

/// Lines below a heading, in columns; the heading is bold on a terminal, and left out elsewhere. What would be more
/// than text to a terminal is escaped.
void printTable(const std::vector<std::string>& heading, std::vector<std::vector<std::string>> rows);

/// Says why nothing was done: on stderr, or as {"ok":false,"error":...}; `problems` one a line. Gives the exit code
/// back.
int fail(const CommonOptions& options, int exit_code, const std::string& why,
         const std::vector<std::string>& problems = {});
/// Said on a terminal only.
void sayDone(const std::string& done);
/// Asks whoever sits at the terminal. Yes is `y` or `yes`, and nothing else; nobody sits there: no.
bool confirmed(const std::string& question);

/// How far something long has come: one line of stderr that changes, if that is a terminal.
class Progress {
 public:
  explicit Progress(std::string what);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `all` absent: nobody knows.
  void show(std::uint64_t done, std::optional<std::uint64_t> all);

 private:
  const std::string what_;
  const bool is_seen_;
  bool is_shown_ = false;
};

/// `done` is said on a terminal only: a script wants the exit code. Gives the exit code back.
int sayProblems(const CommonOptions& options, bool good, const std::vector<ConfigProblem>& problems,
                const std::string& done);
/// Lines to stderr, unless they are what was asked for (`is_result`).
int sayAnswer(const CommonOptions& options, const ControlAnswer& answer, bool is_result, const std::string& done);

}  // namespace sessiond::ctl
