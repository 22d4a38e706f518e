// Installation: all that the doctor's rules look at, asked for once. What could not be had is absent, and a rule that
// needs it says so.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config_problem.h"
#include "nginx/configuration.h"
#include "nginx/scope.h"
#include "redis/permission_check.h"
#include "sessionctl/commands.h"
#include "sessionctl/doctor/account.h"
#include "sessionctl/doctor/redis_facts.h"
#include "sessionctl/redis_site.h"

namespace sessiond::ctl {

/// What the daemon says of itself.
struct DaemonFacts {
  std::map<std::string, std::string> status;  ///< of the control socket
  std::optional<Account> account;             ///< as which it runs

  std::string value(const std::string& name) const;
};

/// The web server's configuration.
struct NginxFacts {
  std::string file;  ///< empty: nginx -T said it
  std::string text;
  nginx::Directives directives;
  std::unique_ptr<nginx::Scope> scope;
  std::optional<Account> account;  ///< of its workers

  /// Where it is on disk: what was read may be a dump of it.
  std::string mainFile() const;
};

/// A unit of systemd's.
struct UnitFacts {
  std::map<std::string, std::string> properties;  ///< by the names of `systemctl show`

  std::string value(const std::string& name) const;
  bool listensAt(const std::string& address) const;  ///< a socket unit
};

/// Members are absent where they could not be had; `why_no_…` says why.
struct Installation {
  const CommonOptions& options;
  std::vector<ConfigProblem> problems;  ///< of the configuration, warnings too
  std::unique_ptr<RedisSite> site;      ///< null: the configuration is wrong
  StartupReport redis_report;
  std::vector<MissingRight> missing_rights;         ///< of its user in Redis
  std::vector<MissingRight> missing_editor_rights;  ///< of the same, to change users; empty without users in Redis
  std::vector<MissingRight> missing_scan_rights;    ///< of the same, to go through all keys
  std::optional<StoreError> counter_error;          ///< what keeps it from saying which logins count; absent: nothing
  std::vector<RedisFacts> redis;                    ///< of each server
  std::string redis_server;                         ///< who refuses, or the first; empty: sentinels name none
  bool redis_asks_for_password = false;             ///< of its default user
  std::string why_no_answer;                        ///< of the daemon at listen.socket; empty: it answers
  std::optional<DaemonFacts> daemon;
  std::string why_no_daemon;
  std::optional<NginxFacts> nginx;
  std::string why_no_nginx;
  std::optional<UnitFacts> service;  ///< absent: systemd knows nothing of sessiond here
  std::optional<UnitFacts> socket_unit;
  bool is_asleep = false;  ///< systemd listens, and the daemon does not run
  bool is_stuck = false;   ///< it takes questions and does not answer

  const Config& config() const { return site->config; }
  bool redisIsUsable() const { return redis_report.outcome == StartupProbe::kOk; }
  bool isSystemds() const { return service.has_value(); }
};

/// Of whatever depends on counter_error, which a rule of its own looks at.
inline constexpr std::string_view kNoCounter = "Redis does not say which logins count";

Installation examine(const CommonOptions& options, const DoctorOptions& how);

}  // namespace sessiond::ctl
