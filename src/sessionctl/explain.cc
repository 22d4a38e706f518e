// Why a request with this cookie is let in or refused, by the running daemon, which has sessions in memory; where none
// can be asked, by the same rules with nothing in memory.

#include <sysexits.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/file.h"
#include "config/config_file.h"
#include "explanation.h"
#include "sessionctl/commands.h"
#include "sessionctl/daemon_question.h"
#include "sessionctl/redis_site.h"
#include "status_words.h"

namespace sessiond::ctl {
namespace {

/// A Cookie header's value; a text without the session cookie's name is taken for the value of that cookie.
std::string cookiesIn(std::string text, const std::string& name) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
  for (const std::string_view prefix : {"Cookie: ", "cookie: "})
    if (text.starts_with(prefix)) text.erase(0, prefix.size());
  const bool is_header = text.empty() || text.find('=') != std::string::npos;
  return is_header ? text : name + "=" + text;
}

Expected<std::string, std::string> readCookieText(const std::string& file) {
  constexpr std::size_t kLargest = std::size_t{1024} * 1024;
  if (file == "-") {
    auto bytes = readBytes(STDIN_FILENO, kLargest);
    if (!bytes) return Unexpected(std::string("standard input cannot be read"));
    return *std::move(bytes);
  }
  auto contents = readFile(file, kLargest);
  if (contents) return std::move(contents->bytes);
  // Not repeated where it is no file: it may be the cookie.
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored)) return Unexpected(file + ": " + contents.error());
  return Unexpected(std::string("--cookie: takes a file, or - for standard input; what was given is no file"));
}

/// The error is why the daemon does not explain it.
Expected<ExplainedCheck, std::string> explainedByDaemon(const CommonOptions& options, const CheckQuestion& question) {
  const DaemonAnswer answer = askTheDaemon(options, wordOf(question));
  if (answer.exit_code != EX_OK) {
    return Unexpected(answer.lines.empty() ? "it ended with code " + std::to_string(answer.exit_code)
                                           : answer.lines.front());
  }
  auto explained = explainedCheckIn(answer.lines);
  if (!explained) return Unexpected(std::string("its answer is one of another version"));
  return *std::move(explained);
}

ExplainedCheck explainedHere(RedisSite& site, const CheckQuestion& question) {
  const RevokedSessions revoked(site.clock, site.metrics);
  LoginEpoch epoch;
  const FactsReader::Stands stands = standsIn(site.prepared.htpasswd.get());
  return explainCheck({.config = site.config,
                       .store = site.store,
                       .revoked = revoked,
                       .epoch = epoch,
                       .stands = stands,
                       .keys = site.keys,
                       .log_key = site.log_key,
                       .handles = site.handles,
                       .clock = site.clock},
                      question);
}

/// `why_not_daemon`: did not decide it; empty: it did.
void printExplained(const ExplainedCheck& check, const std::string& why_not_daemon) {
  const StatusWords words = wordsOf(check.status);
  std::vector<std::vector<std::string>> rows;
  rows.reserve(check.steps.size() + 2);
  for (const ExplainedStep& step : check.steps) rows.push_back({step.name, step.says});
  const std::string nobody = check.as_nobody ? ", let in as nobody" : "";
  rows.push_back({"decision", std::to_string(check.code) + " " + std::string(nameOf(check.status)) + ": " +
                                  std::string(words.meaning) + nobody});
  rows.push_back(
      {"decided by", why_not_daemon.empty()
                         ? "the running daemon"
                         : "sessionctl, which has nothing in memory; the daemon did not: " + why_not_daemon});
  for (const std::string& header : check.headers) rows.push_back({"header", header});
  if (!check.is_granted) rows.push_back({"what to do", std::string(words.remedy)});
  printTable({"", ""}, std::move(rows));
}

int sayExplained(const CommonOptions& options, const ExplainedCheck& check, const std::string& why_not_daemon) {
  if (!options.json) {
    printExplained(check, why_not_daemon);
    return EX_OK;
  }
  const StatusWords words = wordsOf(check.status);
  std::vector<std::string> steps;
  steps.reserve(check.steps.size());
  for (const ExplainedStep& step : check.steps)
    steps.push_back(JsonObject().text("step", step.name).text("says", step.says).json());
  std::vector<std::string> lines;
  lines.reserve(check.headers.size());
  for (const std::string& header : check.headers) lines.push_back(jsonString(header));
  std::printf("%s\n", JsonObject()
                          .flag("ok", true)
                          .text("status", nameOf(check.status))
                          .number("code", check.code)
                          .flag("granted", check.is_granted)
                          .text("decided_by", why_not_daemon.empty() ? "daemon" : "sessionctl")
                          .textOrNull("why_not_daemon", why_not_daemon)
                          .text("meaning", words.meaning)
                          .textOrNull("remedy", check.is_granted ? "" : words.remedy)
                          .list("steps", steps)
                          .list("headers", lines)
                          .json()
                          .c_str());
  return EX_OK;
}

}  // namespace

int explain(const CommonOptions& options, const ExplainOptions& what) {
  const auto text = readCookieText(what.cookie_file);
  if (!text) return fail(options, EX_NOINPUT, text.error());
  const auto read = readConfigFile(options.config_file);
  if (!read) return sayProblems(options, false, read.error(), "");
  const CheckQuestion question{cookiesIn(*text, read->config.cookie.name), what.policy, what.url};
  const auto explained = explainedByDaemon(options, question);
  if (explained) return sayExplained(options, *explained, "");
  const auto site = openSite(options);
  if (!site) return site.error();
  return sayExplained(options, explainedHere(**site, question), explained.error());
}

}  // namespace sessiond::ctl
