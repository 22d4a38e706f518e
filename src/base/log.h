// Logging: spdlog behind a facade, so that no other room includes spdlog and no format string meets user data.
//
// A line is a message and fields, written as text (`message key=value`) or JSON, to stderr (journald) or a file.
// Values are escaped. Never a cookie, token, password or body: a session id appears as pseudonym() (crypto.h).
//
//   logWarn("redis: connection lost", {{"server", address}, {"error", text}});
//
//   2026-01-01T00:00:00.000Z warning redis: connection lost server=127.0.0.1:6379 error="connection refused"
//   {"time":"2026-01-01T00:00:00.000Z","level":"warning",
//    "message":"redis: connection lost","server":"127.0.0.1:6379",...}
//
// When stderr is the journal (sd-daemon(3), $JOURNAL_STREAM), text has no time of its own and every line begins
// with its priority, `<4>`. The audit stream (audit()) is apart: login, refusal, logout, revocation; it is written
// at every level, as `audit login user=5f2a9c01b7d3`, or in JSON with `"audit":"login"` in the place of a message.

#pragma once

#include <concepts>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace sessiond {

enum class LogLevel { kDebug, kInfo, kWarn, kError, kOff };
enum class LogFormat { kText, kJson };
/// How the audit stream names the addresses of clients.
enum class AuditAddresses { kHash, kFull };

struct LogSettings {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;
  std::string file;  ///< empty: stderr
  bool audit = true;
  bool refusals = false;  ///< also why session checks were refused
  AuditAddresses audit_addresses = AuditAddresses::kHash;
};

/// One field; the value is escaped when written. Names are our own words, never `time`, `level`, `message`, `audit`.
struct LogField {
  LogField(std::string_view field_name, std::string_view field_value) : name(field_name), value(field_value) {}
  template <std::integral Number>
  LogField(std::string_view field_name, Number number) : name(field_name), is_number(true) {
    if constexpr (std::same_as<Number, bool>) {
      value = number ? "true" : "false";
    } else {
      value = std::to_string(number);
    }
  }

  std::string_view name;
  std::string value;
  bool is_number = false;  ///< or true/false: JSON writes it without quotes
};

using LogFields = std::initializer_list<LogField>;

/// Does stderr lead to the journal? It names the device and inode that it handed out: "9:123456".
bool stderrIsJournal();
/// Sets up or replaces the process's log. Thread-safe; false when the file cannot be opened (the old one stays).
bool setUpLog(const LogSettings& settings);
/// Why setUpLog() would fail; nothing when it would not. Leaves nothing behind.
std::optional<std::string> whyLogFails(const LogSettings& settings);
/// Opens the log file anew (after logrotate). Thread-safe; false when it cannot be opened (the old one stays).
bool reopenLog();

/// Cheap test for callers that would have to compute a field.
bool logEnabled(LogLevel level);

void logDebug(std::string_view message, LogFields fields = {});
void logInfo(std::string_view message, LogFields fields = {});
void logWarn(std::string_view message, LogFields fields = {});
void logError(std::string_view message, LogFields fields = {});
/// `event` is one word: login, login_refused, logout, revoke, ... All are in sessiond(8) and conf/audit.schema.json.
void audit(std::string_view event, LogFields fields);

/// While it lives, this thread's audit lines end with the request that brought them about, as the web server's log
/// calls it; an empty one is none. One at a time on a thread.
class RequestScope {
 public:
  /// `request_id` must outlive it.
  explicit RequestScope(std::string_view request_id);
  ~RequestScope();
  RequestScope(const RequestScope&) = delete;
  RequestScope& operator=(const RequestScope&) = delete;
};

}  // namespace sessiond
