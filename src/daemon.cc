#include "daemon.h"

#include <poll.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "application.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/named_thread.h"
#include "base/snapshot.h"
#include "base/version.h"
#include "config/config_changes.h"
#include "fastcgi/listener.h"
#include "fastcgi/server.h"
#include "os/control_socket.h"
#include "os/open_files.h"
#include "os/signals.h"
#include "os/systemd.h"
#include "prepare.h"
#include "process_metrics.h"
#include "session/new_session.h"
#include "session/secret_hits.h"
#include "session/session_ender.h"

namespace sessiond {

namespace {

/// A line for people in the log, whose level says already that it is a warning.
std::string withoutSeverity(std::string line) {
  constexpr std::string_view kSeverity = "warning: ";
  if (const std::size_t at = line.find(kSeverity); at != std::string::npos) line.erase(at, kSeverity.size());
  return line;
}

/// Of a start that comes to nothing: the log is not yet what the configuration says. To a person as -t says it; to the
/// journal as errors and warnings.
void sayWhyNot(const std::vector<ConfigProblem>& problems) {
  if (!stderrIsJournal()) return print(problems);
  for (const ConfigProblem& problem : problems) {
    if (problem.severity == ProblemSeverity::kWarning) {
      logWarn(withoutSeverity(describe(problem)));
    } else {
      logError(describe(problem));
    }
  }
}

/// Owned and used by the main thread.
class Daemon {
 public:
  explicit Daemon(const std::string& config_file) : config_file_(absolutePath(config_file)) {}

  int run();

 private:
  int getReady(UniqueFd passed);
  int start(UniqueFd passed);
  bool redisWillDo();
  int openControl();
  void serve();
  milliseconds tick() const;
  void feedWatchdog();
  std::optional<Signal> waitForSignal(milliseconds patience);
  ControlAnswer answer(std::string_view question);
  ControlAnswer status();
  std::vector<std::uint64_t> countSecrets(const Config& config);
  ControlAnswer reload();
  ControlAnswer tryReload();
  StartupReport probeMeanwhileAlive(Application& application);
  ControlAnswer putInForce(std::shared_ptr<const Config> config, std::shared_ptr<Application> application,
                           std::vector<std::string> notes);
  void letGoOfRetired();
  void stop();

  const std::string config_file_;
  const std::optional<std::chrono::microseconds> watchdog_ = watchdogInterval();
  Signals signals_;
  SystemClock clock_;
  MetricsRegistry metrics_;
  ReloadMetrics reload_metrics_{metrics_};
  LastingState lasting_{clock_, metrics_};
  ListeningSocket socket_ = ListeningSocket::kOurOwn;
  std::shared_ptr<const Config> config_;
  StartedWith started_with_;
  WallTime in_force_since_{};
  std::string last_reload_ = "none";
  std::vector<std::uint64_t> secret_hits_before_;  ///< the configuration in force came; by the secret's place
  std::shared_ptr<Application> application_;
  /// Replaced by a reload, but a lane may still hold them. Kept until nobody does, so that their threads are joined
  /// here and never on a lane.
  std::vector<std::shared_ptr<Application>> retired_;
  std::unique_ptr<Snapshot<Handler>> handlers_;
  std::unique_ptr<Server> server_;
  std::optional<ControlSocket> control_;
};

/// What others throw (no thread, no memory) ends here.
int Daemon::run() try {
  raiseOpenFiles();
  registerProcess(metrics_);
  Expected<UniqueFd, std::string> passed = takeListeningSocket();
  if (!passed) {
    logError(passed.error());
    return EX_OSERR;
  }
  if (*passed) socket_ = ListeningSocket::kPassed;
  if (const int code = getReady(*std::move(passed)); code != EX_OK) return code;
  serve();
  stop();
  return EX_OK;
} catch (const std::exception& error) {
  logError("the system has not what sessiond needs", {{"error", error.what()}});
  return EX_OSERR;
}

int Daemon::getReady(UniqueFd passed) {
  Expected<Prepared, std::vector<ConfigProblem>> prepared = prepare(config_file_, socket_, clock_);
  if (!prepared) {
    sayWhyNot(prepared.error());
    return EX_CONFIG;
  }
  config_ = prepared->config;
  if (!setUpLog(config_->log)) {
    logError("log: the file cannot be opened", {{"file", config_->log.file}});
    return EX_OSERR;
  }
  for (const ConfigProblem& warning : prepared->warnings) logWarn(withoutSeverity(describe(warning)));
  application_ = Application::build(*std::move(prepared), lasting_, clock_, metrics_);
  if (!redisWillDo()) return EX_CONFIG;
  return start(std::move(passed));
}

/// False: not with this configuration. One that is only unreachable may come.
bool Daemon::redisWillDo() {
  const StartupReport redis = application_->probeRedis();
  switch (redis.outcome) {
    case StartupProbe::kOk:
      return true;
    case StartupProbe::kLimited:
    case StartupProbe::kUnreachable:
    case StartupProbe::kUnknown:
      logWarn(redis.message);
      return true;
    case StartupProbe::kMisconfigured:
      break;
  }
  logError(redis.message);
  return false;
}

int Daemon::start(UniqueFd passed) {
  Expected<Listener, std::string> listener =
      passed ? Listener::adopt(std::move(passed)) : Listener::open(config_->listen);
  if (!listener) {
    logError(listener.error());
    return EX_OSERR;
  }
  handlers_ = std::make_unique<Snapshot<Handler>>(application_);
  server_ = std::make_unique<Server>(config_->listen, *std::move(listener), *handlers_, metrics_, clock_);
  if (const Expected<void, std::string> started = server_->start(); !started) {
    logError(started.error());
    return EX_OSERR;
  }
  if (const int code = openControl(); code != EX_OK) return code;
  application_->comeIntoForce();
  started_with_ = startedWith(*config_);
  in_force_since_ = clock_.wallNow();
  secret_hits_before_ = countSecrets(*config_);
  reload_metrics_.note(true, in_force_since_);
  logInfo("sessiond: serving", {{"version", kVersion}, {"config", config_file_}});
  notifyReady("serving");
  return EX_OK;
}

/// One that was asked for must be there. The default one is the units', and others may do without.
int Daemon::openControl() {
  const std::string& path = config_->sessiond.control_socket;
  if (path.empty()) return EX_OK;
  Expected<ControlSocket, std::string> opened = ControlSocket::open(path);
  if (opened) {
    control_.emplace(*std::move(opened));
    return EX_OK;
  }
  const bool is_default = path == ControlSettings().control_socket;
  if (is_default) {
    logInfo("control: no socket; sessionctl cannot ask this daemon", {{"file", path}, {"error", opened.error()}});
    return EX_OK;
  }
  logError("control: the socket cannot be opened", {{"file", path}, {"error", opened.error()}});
  return EX_OSERR;
}

void Daemon::serve() {
  while (true) {
    const std::optional<Signal> signal = waitForSignal(tick());
    if (signal == Signal::kTerminate) return;
    if (signal == Signal::kReload) reload();
    if (signal == Signal::kReopenLogs && !reopenLog()) {
      logError("log: the file cannot be opened anew", {{"file", config_->log.file}});
    }
    letGoOfRetired();
    feedWatchdog();
  }
}

/// How often there is something to look after.
milliseconds Daemon::tick() const {
  constexpr milliseconds kLongest(1000);
  return watchdog_ ? std::min(kLongest, std::chrono::duration_cast<milliseconds>(*watchdog_) / 2) : kLongest;
}

void Daemon::feedWatchdog() {
  if (watchdog_ && server_->alive()) notifyWatchdog();
}

/// Meanwhile answers whoever asks.
std::optional<Signal> Daemon::waitForSignal(milliseconds patience) {
  std::array<pollfd, 2> watched = {{{.fd = signals_.fd(), .events = POLLIN, .revents = 0},
                                    {.fd = control_ ? control_->fd() : -1, .events = POLLIN, .revents = 0}}};
  if (::poll(watched.data(), watched.size(), static_cast<int>(patience.count())) <= 0) return std::nullopt;
  if (watched[1].revents != 0) {
    control_->serve([this](std::string_view question) { return answer(question); });
  }
  return signals_.read();
}

ControlAnswer Daemon::answer(std::string_view question) {
  const std::size_t space = std::min(question.find(' '), question.size());
  const std::string_view word = question.substr(0, space);
  const std::string_view file = question.substr(std::min(space + 1, question.size()));
  if (file != config_file_) {
    return {.exit_code = EX_UNAVAILABLE,
            .lines = {"this daemon runs with " + config_file_ + ", not with " + std::string(file)}};
  }
  if (word == "reload") return reload();
  if (word == "status") return status();
  if (const auto check = checkQuestionIn(word)) return {.lines = linesOf(application_->explain(*check))};
  return {.exit_code = EX_USAGE, .lines = {"this daemon (" + std::string(kVersion) + ") does not know the question"}};
}

ControlAnswer Daemon::status() {
  ControlAnswer answer{.lines = {"version: " + std::string(kVersion), "pid: " + std::to_string(::getpid()),
                                 "config: " + config_file_, "in_force_since: " + formatIsoTime(in_force_since_),
                                 "last_reload: " + last_reload_}};
  for (std::string& line : application_->status()) answer.lines.push_back(std::move(line));
  answer.lines.push_back("revocations_remembered: " + std::to_string(lasting_.revoked.count()));
  for (std::size_t i = 0; i < secret_hits_before_.size(); ++i) {
    const std::uint64_t since = secretHits(metrics_, i).read() - secret_hits_before_[i];
    const std::string name = "secret_" + std::to_string(i);
    answer.lines.push_back(name + ": " + std::to_string(since));
    answer.lines.push_back(name + "_file: " + config_->session.secret_files[i]);
  }
  return answer;
}

/// How many cookies each has verified by now.
std::vector<std::uint64_t> Daemon::countSecrets(const Config& config) {
  std::vector<std::uint64_t> hits;
  hits.reserve(config.session.secrets.size());
  for (std::size_t i = 0; i < config.session.secrets.size(); ++i) hits.push_back(secretHits(metrics_, i).read());
  return hits;
}

ControlAnswer Daemon::reload() {
  notifyReloading();
  ControlAnswer answer = tryReload();
  last_reload_ = answer.exit_code == EX_OK ? "succeeded" : "failed";
  reload_metrics_.note(answer.exit_code == EX_OK, in_force_since_);
  if (answer.exit_code == EX_OK) {
    for (const std::string& line : answer.lines) logWarn("reload: " + withoutSeverity(line));
    logInfo("reload: the new configuration is in force", {{"config", config_file_}});
    notifyReady("serving");
  } else {
    for (const std::string& line : answer.lines) logError("reload: " + line);
    logError("reload: the old configuration stays in force", {{"config", config_file_}});
    notifyReady("serving; the last reload failed");
  }
  return answer;
}

/// What others throw (no thread, no memory) ends here: the old configuration stays.
ControlAnswer Daemon::tryReload() try {
  Expected<Prepared, std::vector<ConfigProblem>> prepared = prepare(config_file_, socket_, clock_);
  ControlAnswer answer;
  for (const ConfigProblem& problem : prepared ? prepared->warnings : prepared.error()) {
    answer.lines.push_back(describe(problem));
  }
  if (!prepared) {
    answer.exit_code = EX_CONFIG;
    return answer;
  }
  std::shared_ptr<const Config> config = prepared->config;
  std::shared_ptr<Application> application = Application::build(*std::move(prepared), lasting_, clock_, metrics_);
  const StartupReport redis = probeMeanwhileAlive(*application);
  // Who starts has nothing better than to wait for a primary that is unknown; here it may be a mistake in its name.
  if (redis.outcome == StartupProbe::kMisconfigured || redis.outcome == StartupProbe::kUnknown) {
    return {.exit_code = EX_CONFIG, .lines = {redis.message}};
  }
  // One that is only unreachable may come: a start goes on, too.
  if (redis.outcome != StartupProbe::kOk) answer.lines.push_back("warning: " + redis.message);
  return putInForce(std::move(config), std::move(application), std::move(answer.lines));
} catch (const std::exception& error) {
  return {.exit_code = EX_OSERR, .lines = {std::string("the system has not what a reload needs: ") + error.what()}};
}

/// Redis may be silent for longer than the watchdog's interval, and the lanes serve all the time.
StartupReport Daemon::probeMeanwhileAlive(Application& application) {
  std::packaged_task<StartupReport()> probe([&application] { return application.probeRedis(); });
  std::future<StartupReport> report = probe.get_future();
  const std::jthread asking = startThread("reload", [&probe] { probe(); });
  while (report.wait_for(tick()) != std::future_status::ready) feedWatchdog();
  return report.get();
}

/// Adds to the notes what people should know of it. All that may fail comes first: what is said to have failed is not
/// in force.
ControlAnswer Daemon::putInForce(std::shared_ptr<const Config> config, std::shared_ptr<Application> application,
                                 std::vector<std::string> notes) {
  for (const std::string& option : changesNeedingRestart(started_with_, *config)) {
    notes.push_back(option + ": this change takes a restart to come into force");
  }
  // systemd's copies, which it has made at the start.
  const std::string credentials = optionsWithCredentials(*config);
  if (!credentials.empty() && std::getenv("CREDENTIALS_DIRECTORY") != nullptr) {
    notes.push_back(credentials +
                    ": credentials are not read again by a reload; if one was changed: systemctl restart sessiond");
  }
  std::vector<std::uint64_t> secret_hits = countSecrets(*config);
  retired_.reserve(retired_.size() + 1);
  if (!setUpLog(config->log)) {
    return {.exit_code = EX_OSERR, .lines = {"log.file: cannot be opened: " + config->log.file}};
  }
  handlers_->replace(application);
  application->comeIntoForce();
  retired_.push_back(std::exchange(application_, std::move(application)));
  config_ = std::move(config);
  in_force_since_ = clock_.wallNow();
  secret_hits_before_ = std::move(secret_hits);
  server_->noticeHandler();
  return {.lines = std::move(notes)};
}

void Daemon::letGoOfRetired() {
  std::erase_if(retired_, [](const std::shared_ptr<Application>& application) { return application.use_count() == 1; });
}

/// What is under way when the time to drain is over is waited for. What takes longest: a question to an application;
/// all of somebody's sessions, with a server that answers no more.
std::chrono::milliseconds longestAnswer(const Config& config) {
  constexpr std::chrono::seconds kAfterwards(5);
  const std::chrono::milliseconds server = config.redis.connect_timeout + config.redis.command_timeout;
  return config.login.http_verifier.timeout + SessionEnder::kPatience + server + kAfterwards;
}

void Daemon::stop() {
  notifyStopping("finishing the requests in flight", config_->listen.drain_timeout + longestAnswer(*config_));
  logInfo("sessiond: stopping");
  if (!server_->drain(config_->listen.drain_timeout)) {
    logWarn("sessiond: listen.drain_timeout was over before every request was whole");
  }
  logInfo("sessiond: stopped");
}

}  // namespace

int runDaemon(const std::string& config_file) {
  return Daemon(config_file).run();
}

}  // namespace sessiond
