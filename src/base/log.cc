#include "base/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "base/errno_text.h"
#include "base/guarded.h"
#include "base/log_line.h"

namespace sessiond {
namespace {

constexpr const char* kAuditLogger = "audit";

/// Everything a line needs, immutable; replaced as a whole.
struct Log {
  LogSettings settings;
  std::shared_ptr<spdlog::logger> messages;
  std::shared_ptr<spdlog::logger> audit;
};

/// `%P` in a pattern: the line's priority as sd-daemon(3) wants it, `<6>`.
class PriorityFlag final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    const std::string_view text = priority(message);
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<PriorityFlag>(); }

 private:
  static std::string_view priority(const spdlog::details::log_msg& message) {
    if (message.logger_name == kAuditLogger) return "<5>";
    if (message.level >= spdlog::level::err) return "<3>";
    if (message.level == spdlog::level::warn) return "<4>";
    return message.level == spdlog::level::info ? "<6>" : "<7>";
  }
};

std::string patternFor(LogFormat format, bool journal) {
  const std::string priority = journal ? "%P" : "";
  if (format == LogFormat::kJson) return priority + R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})";
  return journal ? "%P%v" : "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
}

spdlog::level::level_enum spdlogLevel(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      return spdlog::level::off;
  }
  return spdlog::level::off;
}

std::shared_ptr<spdlog::logger> makeLogger(const char* name, const spdlog::sink_ptr& sink, LogLevel level) {
  auto logger = std::make_shared<spdlog::logger>(name, sink);
  logger->set_level(spdlogLevel(level));
  logger->flush_on(spdlog::level::trace);
  return logger;
}

/// Null when the file cannot be opened: spdlog says so with an exception. One that would block (a pipe) is not tried.
std::shared_ptr<const Log> openLog(const LogSettings& settings) try {
  if (whyLogFails(settings)) return nullptr;
  const bool journal = settings.file.empty() && stderrIsJournal();
  spdlog::sink_ptr sink;
  if (settings.file.empty()) {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  } else {
    sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(settings.file);
  }
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<PriorityFlag>('P').set_pattern(patternFor(settings.format, journal));
  sink->set_formatter(std::move(formatter));
  auto log = std::make_shared<Log>();
  log->settings = settings;
  log->messages = makeLogger("sessiond", sink, settings.level);
  log->audit = makeLogger(kAuditLogger, sink, settings.audit ? LogLevel::kInfo : LogLevel::kOff);
  return log;
} catch (const spdlog::spdlog_ex&) {
  return nullptr;
}

thread_local std::string_view request_of_this_thread;

std::atomic<LogLevel> lowest_level = LogLevel::kInfo;

/// The one log of the process; to stderr until setUpLog() says otherwise. Never destroyed, so that threads and
/// destructors may log until the very end.
Guarded<std::shared_ptr<const Log>>& currentLog() {
  static auto& log = *new Guarded<std::shared_ptr<const Log>>(openLog(LogSettings{}));
  return log;
}

std::shared_ptr<const Log> log() {
  return *currentLog().lock();
}

bool replaceLog(const LogSettings& settings) {
  std::shared_ptr<const Log> opened = openLog(settings);
  if (!opened) return false;
  lowest_level.store(settings.level, std::memory_order_relaxed);
  std::swap(*currentLog().lock(), opened);
  return true;
}

void write(LogLevel level, std::string_view message, LogFields fields) {
  if (!logEnabled(level)) return;
  const std::shared_ptr<const Log> current = log();
  const bool json = current->settings.format == LogFormat::kJson;
  const std::string line = json ? jsonMembers("message", message, fields) : textLine(message, fields);
  current->messages->log(spdlogLevel(level), spdlog::string_view_t(line));
}

}  // namespace

RequestScope::RequestScope(std::string_view request_id) {
  request_of_this_thread = request_id;
}

RequestScope::~RequestScope() {
  request_of_this_thread = {};
}

bool stderrIsJournal() {
  const char* const stream = std::getenv("JOURNAL_STREAM");
  struct stat status = {};
  if (stream == nullptr || fstat(STDERR_FILENO, &status) != 0) return false;
  return stream == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

bool setUpLog(const LogSettings& settings) {
  return replaceLog(settings);
}

std::optional<std::string> whyLogFails(const LogSettings& settings) {
  if (settings.file.empty()) return std::nullopt;
  const auto whyNot = [](const std::string& path, int rights) -> std::optional<std::string> {
    if (::access(path.c_str(), rights) == 0) return std::nullopt;
    return "cannot be written: " + errnoText(errno);
  };
  std::error_code error;
  const std::filesystem::path file(settings.file);
  const std::filesystem::file_status status = std::filesystem::status(file, error);
  if (std::filesystem::is_directory(status)) return "is a folder";
  if (std::filesystem::exists(status)) {
    // To open a pipe waits for who reads it.
    const bool is_file = std::filesystem::is_regular_file(status) || std::filesystem::is_character_file(status);
    return is_file ? whyNot(settings.file, W_OK) : "is no file, but a pipe, a socket or a disk";
  }
  if (status.type() == std::filesystem::file_type::none) return "cannot be written: " + errnoText(error.value());
  // Folders that are missing are made, but not those where a link leads.
  std::filesystem::path folder = file.parent_path();
  if (std::filesystem::is_symlink(std::filesystem::symlink_status(file, error))) {
    folder = (folder / std::filesystem::read_symlink(file, error)).parent_path();
    if (!std::filesystem::exists(folder, error)) return "is a link that leads nowhere";
  }
  while (folder.has_relative_path() && !std::filesystem::exists(folder, error)) folder = folder.parent_path();
  return whyNot(folder.empty() ? "." : folder.string(), W_OK | X_OK);
}

bool reopenLog() {
  return replaceLog(log()->settings);
}

bool logEnabled(LogLevel level) {
  return level != LogLevel::kOff && level >= lowest_level.load(std::memory_order_relaxed);
}

void logDebug(std::string_view message, LogFields fields) {
  write(LogLevel::kDebug, message, fields);
}
void logInfo(std::string_view message, LogFields fields) {
  write(LogLevel::kInfo, message, fields);
}
void logWarn(std::string_view message, LogFields fields) {
  write(LogLevel::kWarn, message, fields);
}
void logError(std::string_view message, LogFields fields) {
  write(LogLevel::kError, message, fields);
}

void audit(std::string_view event, LogFields fields) {
  const std::shared_ptr<const Log> current = log();
  if (!current->settings.audit) return;
  const bool json = current->settings.format == LogFormat::kJson;
  std::string line = json ? jsonMembers("audit", event, fields) : textLine("audit " + std::string(event), fields);
  if (!request_of_this_thread.empty()) {
    line += json ? "," + jsonMembers("request_id", request_of_this_thread, {})
                 : textLine("", {{"request_id", request_of_this_thread}});
  }
  current->audit->log(spdlog::level::info, spdlog::string_view_t(line));
}

}  // namespace sessiond
