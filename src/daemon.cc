#include "daemon.h"

#include <sysexits.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "application.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/snapshot.h"
#include "base/version.h"
#include "config/config_changes.h"
#include "config/config_loader.h"
#include "fastcgi/listener.h"
#include "fastcgi/server.h"
#include "os/open_files.h"
#include "os/signals.h"
#include "os/systemd.h"

namespace sessiond {

namespace {

using std::chrono::milliseconds;

Expected<Listener, std::string> openListener(const ListenSettings& config) {
  Expected<UniqueFd, std::string> passed = takeListeningSocket();
  if (!passed) return Unexpected(passed.error());
  if (*passed) return Listener::adopt(*std::move(passed));
  return Listener::open(config);
}

void logProblems(const std::vector<std::string>& problems) {
  for (const std::string& problem : problems) logError("config: " + problem);
}

/// Owned and used by the main thread.
class Daemon {
 public:
  Daemon(std::string config_file, Config config)
      : config_file_(std::move(config_file)), config_(std::make_shared<const Config>(std::move(config))) {}

  int run();

 private:
  int start();
  void serve();
  void reload();
  void putInForce(std::shared_ptr<const Config> config, std::shared_ptr<Application> application);
  void letGoOfRetired();
  void stop();

  const std::string config_file_;
  std::shared_ptr<const Config> config_;
  Signals signals_;
  SystemClock clock_;
  MetricsRegistry metrics_;
  std::shared_ptr<Application> application_;
  /// Replaced by a reload, but a lane may still hold them. Kept until nobody does, so that their threads are joined
  /// here and never on a lane.
  std::vector<std::shared_ptr<Application>> retired_;
  std::unique_ptr<Snapshot<Handler>> handlers_;
  std::unique_ptr<Server> server_;
};

int Daemon::run() {
  raiseOpenFiles();
  if (!setUpLog(config_->log)) {
    logError("log: the file cannot be opened", {{"file", config_->log.file}});
    return EX_CONFIG;
  }
  if (const int code = start(); code != EX_OK) return code;
  serve();
  stop();
  return EX_OK;
}

int Daemon::start() {
  auto built = Application::build(config_, clock_, metrics_);
  if (!built) {
    logProblems(built.error());
    return EX_CONFIG;
  }
  application_ = *std::move(built);
  const StartupReport redis = application_->probeRedis();
  switch (redis.outcome) {
    case StartupProbe::kOk:
      break;
    case StartupProbe::kLimited:
    case StartupProbe::kUnreachable:
      logWarn(redis.message);
      break;
    case StartupProbe::kMisconfigured:
      logError(redis.message);
      return EX_CONFIG;
  }
  Expected<Listener, std::string> listener = openListener(config_->listen);
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
  logInfo("sessiond: serving", {{"version", kVersion}, {"config", config_file_}});
  notifyReady("serving");
  return EX_OK;
}

void Daemon::serve() {
  const auto watchdog = watchdogInterval();
  const milliseconds tick = std::min<milliseconds>(
      milliseconds(1000), watchdog ? std::chrono::duration_cast<milliseconds>(*watchdog) / 2 : milliseconds(1000));
  while (true) {
    const std::optional<Signal> signal = signals_.wait(tick);
    if (signal == Signal::kTerminate) return;
    if (signal == Signal::kReload) reload();
    if (signal == Signal::kReopenLogs && !reopenLog()) {
      logError("log: the file cannot be opened anew", {{"file", config_->log.file}});
    }
    letGoOfRetired();
    if (watchdog && server_->alive()) notifyWatchdog();
  }
}

void Daemon::reload() {
  notifyReloading();
  auto loaded = loadConfig(config_file_);
  if (!loaded) {
    for (const ConfigProblem& problem : loaded.error()) logError("reload: " + describe(problem));
    logError("reload: the configuration is wrong; the old one stays in force", {{"config", config_file_}});
    notifyReady("serving; the last reload failed");
    return;
  }
  for (const ConfigProblem& problem : loaded->warnings) logWarn("reload: " + describe(problem));
  auto config = std::make_shared<const Config>(std::move(loaded->config));
  auto built = Application::build(config, clock_, metrics_);
  if (!built) {
    logProblems(built.error());
    logError("reload: the configuration cannot be put in force; the old one stays", {{"config", config_file_}});
    notifyReady("serving; the last reload failed");
    return;
  }
  const StartupReport redis = (*built)->probeRedis();
  if (redis.outcome == StartupProbe::kMisconfigured) {
    logError(redis.message);
    logError("reload: this Redis cannot be used as configured; the old configuration stays",
             {{"config", config_file_}});
    notifyReady("serving; the last reload failed");
    return;
  }
  putInForce(std::move(config), *std::move(built));
  notifyReady("serving");
}

void Daemon::putInForce(std::shared_ptr<const Config> config, std::shared_ptr<Application> application) {
  for (const std::string& option : changesNeedingRestart(*config_, *config)) {
    logWarn("reload: this change takes a restart to come into force", {{"option", option}});
  }
  if (!setUpLog(config->log)) logError("log: the file cannot be opened", {{"file", config->log.file}});
  handlers_->replace(application);
  retired_.push_back(std::exchange(application_, std::move(application)));
  config_ = std::move(config);
  logInfo("reload: the new configuration is in force", {{"config", config_file_}});
}

void Daemon::letGoOfRetired() {
  std::erase_if(retired_, [](const std::shared_ptr<Application>& application) { return application.use_count() == 1; });
}

void Daemon::stop() {
  constexpr std::chrono::seconds kAfterwards(5);
  notifyStopping("finishing the requests in flight", config_->listen.drain_timeout + kAfterwards);
  logInfo("sessiond: stopping");
  if (!server_->drain(config_->listen.drain_timeout)) {
    logWarn("sessiond: listen.drain_timeout was over before every request was whole");
  }
  logInfo("sessiond: stopped");
}

}  // namespace

int runDaemon(const std::string& config_file, Config config) {
  return Daemon(config_file, std::move(config)).run();
}

}  // namespace sessiond
