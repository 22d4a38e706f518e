// Will Redis keep what it is given, do what it is asked for, and agree on the time?

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdlib>

#include "sessionctl/doctor/rules.h"

namespace sessiond::ctl {
namespace {

/// How redis-cli is to be called for the server of redis.url; with a password it asks for one.
std::string cli(const Patient& patient) {
  const Config& config = patient.config();
  if (!patient.redis.empty() && (config.redis.sentinel.used() || config.redis.cluster.used())) {
    const std::string& server = patient.redis.front().server;
    const std::size_t colon = server.rfind(':');
    return "redis-cli -h " + server.substr(0, colon) + " -p " + server.substr(std::min(colon + 1, server.size()));
  }
  const std::string password = config.redis.password_file.empty() ? "" : " --askpass";
  const std::string unix_scheme = "unix://";
  if (config.redis.url.starts_with(unix_scheme)) {
    const std::string path = config.redis.url.substr(unix_scheme.size());
    return "redis-cli -s " + path.substr(0, path.find('?')) + password;
  }
  return "redis-cli -u " + config.redis.url + password;
}

/// The error that the server gave, in a message of RedisClient's; "" where it gave none.
std::string wordOf(const std::string& message) {
  const std::string mark = " says: ";
  const std::size_t at = message.find(mark);
  if (at == std::string::npos) return "";
  const std::string text = message.substr(at + mark.size());
  return text.substr(0, text.find(' '));
}

std::string userOf(const Patient& patient) {
  const std::string& user = patient.config().redis.user;
  return user.empty() ? "default" : user;
}

bool isReachable(const Patient& patient, Verdict& verdict) {
  if (patient.redisIsUsable() && !patient.redis.empty()) return true;
  verdict.cannotTell("Redis is not to be used");
  return false;
}

bool saysAll(const Patient& patient, Verdict& verdict) {
  if (!isReachable(patient, verdict)) return false;
  if (!patient.redis.front().info.empty()) return true;
  verdict.cannotTell("redis.user may not run INFO; to let the doctor look: " + cli(patient) + " ACL SETUSER " +
                     userOf(patient) + " +info");
  return false;
}

void lookAtServer(const Patient& patient, Verdict& verdict) {
  const StartupReport& report = patient.redis_report;
  if (report.outcome == StartupProbe::kOk) return;
  const std::string word = wordOf(report.message);
  std::string remedy = cli(patient) + " PING";
  if (word == "READONLY" || word == "MASTERDOWN")
    remedy = cli(patient) + " INFO replication  # says where the primary is";
  if (word == "WRONGPASS" || word == "NOAUTH" || word == "DENIED") {
    remedy = "redis-cli ACL LIST  # at the server; then the password into redis.password_file";
  }
  if (word.empty() && report.outcome == StartupProbe::kUnreachable) remedy = "systemctl start redis-server";
  if (report.message.find("older than 6.0") != std::string::npos ||
      report.message.find("has version") != std::string::npos) {
    remedy = "apt install redis-server  # 6.0 or newer";
  }
  verdict.fault(report.message, remedy);
}

void lookAtRole(const Patient& patient, Verdict& verdict) {
  if (!isReachable(patient, verdict)) return;
  const RedisFacts& redis = patient.redis.front();
  const bool is_clusters = patient.config().redis.cluster.used();
  if (redis.value("role") == "slave") {
    verdict.danger("redis.url leads to a replica (redis.allow_replica): nothing can be written, so no logout is kept",
                   "point redis.url at " + redis.value("master_host") + ":" + redis.value("master_port") +
                       ", then: sessionctl reload");
  }
  if (redis.value("cluster_enabled") == "1" && !is_clusters) {
    verdict.fault("redis.url leads to one node of a Redis Cluster, which has a part of the keys only",
                  cli(patient) + " CLUSTER NODES");
  }
}

/// "ZADD sessiond:sessions:*" as ACL SETUSER has it: "+zadd ~sessiond:sessions:*".
std::string ruleFor(const std::string& right) {
  const std::size_t space = std::min(right.find(' '), right.size());
  std::string rule = " +";
  for (const char c : right.substr(0, space)) rule += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const std::string rest = right.substr(std::min(space + 1, right.size()));
  if (rule == " +subscribe" && !rest.empty()) return rule + " '&" + rest + "'";
  return rest.ends_with('*') ? rule + " '~" + rest + "'" : rule;
}

void lookAtRights(const Patient& patient, Verdict& verdict) {
  if (!isReachable(patient, verdict) || patient.missing_rights.empty()) return;
  std::string list;
  std::string rules;
  for (const std::string& right : patient.missing_rights) {
    list += (list.empty() ? "" : ", ") + right;
    if (const std::string rule = ruleFor(right); rules.find(rule) == std::string::npos) rules += rule;
  }
  verdict.fault("the user that sessiond has in Redis may not do all that it will be asked for: " + list,
                cli(patient) + " ACL SETUSER " + userOf(patient) + rules);
}

void lookAtEvictionOf(const RedisFacts& redis, const Patient& patient, Verdict& verdict) {
  const std::string policy = redis.value("maxmemory_policy");
  const std::int64_t limit = redis.number("maxmemory").value_or(0);
  if (limit == 0) return;
  if (policy != "noeviction") {
    verdict.danger("Redis throws keys away when it is full (maxmemory-policy " + policy +
                       "): users are logged out, and with a tombstone a session that was ended can come back",
                   cli(patient) + " CONFIG SET maxmemory-policy noeviction && " + cli(patient) + " CONFIG REWRITE");
  }
  const std::int64_t used = redis.number("used_memory").value_or(0);
  constexpr std::int64_t kFull = 90;  // percent
  if (used * 100 >= limit * kFull) {
    verdict.fault("Redis is full to " + std::to_string(used * 100 / limit) + " % of maxmemory: logins will fail",
                  cli(patient) + " CONFIG SET maxmemory " + std::to_string(2 * limit));
  }
}

void lookAtEviction(const Patient& patient, Verdict& verdict) {
  if (!saysAll(patient, verdict)) return;
  for (const RedisFacts& redis : patient.redis) lookAtEvictionOf(redis, patient, verdict);
}

void lookAtPersistenceOf(const RedisFacts& redis, const Patient& patient, Verdict& verdict) {
  if (redis.value("aof_enabled") == "1") {
    if (redis.value("aof_last_write_status") == "err") {
      verdict.fault("Redis cannot write its append-only file (disk full?)", cli(patient) + " INFO persistence; df -h");
    }
    return;
  }
  const std::string remedy = cli(patient) + " CONFIG SET appendonly yes && " + cli(patient) + " CONFIG REWRITE";
  if (!redis.saves) return verdict.cannotTell("redis.user may not run CONFIG GET, and the append-only file is off");
  if (redis.saves->empty()) {
    verdict.fault("Redis keeps nothing on disk: after its next restart everybody is logged out", remedy);
  } else {
    verdict.hint("Redis keeps snapshots only (save " + *redis.saves +
                     "): a crash forgets the logouts of the last minutes, and sessions that were ended are back",
                 remedy);
  }
}

void lookAtPersistence(const Patient& patient, Verdict& verdict) {
  if (!saysAll(patient, verdict)) return;
  for (const RedisFacts& redis : patient.redis) lookAtPersistenceOf(redis, patient, verdict);
}

void lookAtClockOf(const RedisFacts& redis, Verdict& verdict) {
  if (!redis.ahead) return verdict.cannotTell("redis.user may not run TIME");
  const double seconds = static_cast<double>(redis.ahead->count()) / 1000;
  constexpr double kBearable = 2;
  if (std::abs(seconds) <= kBearable) return;
  verdict.fault("Redis's clock is " + std::to_string(std::lround(std::abs(seconds))) + " s " +
                    (seconds > 0 ? "ahead of" : "behind") + " this machine's: sessions end too " +
                    (seconds > 0 ? "early" : "late"),
                "timedatectl set-ntp true  # on both machines");
}

void lookAtClock(const Patient& patient, Verdict& verdict) {
  if (!isReachable(patient, verdict)) return;
  for (const RedisFacts& redis : patient.redis) lookAtClockOf(redis, verdict);
}

void lookAtReplicasOf(const RedisFacts& redis, const Patient& patient, Verdict& verdict) {
  const std::int64_t replicas = redis.number("connected_slaves").value_or(0);
  const std::int64_t wanted = patient.config().logout.replicas;
  if (replicas < wanted) {
    verdict.fault("logout.replicas waits for " + std::to_string(wanted) + " replicas, and " + std::to_string(replicas) +
                      " follow the primary: every logout waits in vain",
                  cli(patient) + " INFO replication");
  }
  // Said only where it is on.
  const bool asks_for_any = !redis.value("min_slaves_good_slaves").empty();
  if (replicas > 0 && !asks_for_any) {
    verdict.hint(
        "a primary that is cut off from its replicas goes on taking logins and logouts, which are lost when another "
        "takes its place (min-replicas-to-write is 0)",
        cli(patient) + " CONFIG SET min-replicas-to-write 1 && " + cli(patient) + " CONFIG REWRITE");
  }
}

void lookAtReplicas(const Patient& patient, Verdict& verdict) {
  if (!saysAll(patient, verdict)) return;
  for (const RedisFacts& redis : patient.redis) lookAtReplicasOf(redis, patient, verdict);
}

void lookAtSentinels(const Patient& patient, Verdict& verdict) {
  const RedisSettings& redis = patient.config().redis;
  if (!redis.sentinel.used()) return;
  const std::size_t count = redis.sentinel.nodes.size();
  if (count < 3) {
    verdict.hint("redis.sentinel.nodes names " + std::to_string(count) +
                     " sentinels: with fewer than three, the loss of one leaves nobody to decide",
                 "start a third: redis-sentinel /etc/redis/sentinel.conf");
  }
  for (const std::string& node : redis.sentinel.nodes) {
    const StartupReport report = askSentinel(*patient.site, node);
    if (report.outcome == StartupProbe::kOk) continue;
    const std::size_t colon = node.rfind(':');
    verdict.fault("the sentinel at " + node + " does not answer: " + report.message,
                  "redis-cli -h " + node.substr(0, colon) + " -p " + node.substr(colon + 1) + " PING");
  }
}

constexpr std::array<Rule, 8> kRules = {{
    {"redis", "Redis answers, takes user and password, and is new enough", lookAtServer},
    {"redis-role", "it is a primary, with all keys", lookAtRole},
    {"redis-rights", "its user may do all that will be asked for", lookAtRights},
    {"redis-eviction", "it throws nothing away", lookAtEviction},
    {"redis-persistence", "what it holds outlives a restart", lookAtPersistence},
    {"redis-clock", "its clock is this machine's", lookAtClock},
    {"redis-replicas", "its replicas have what it has", lookAtReplicas},
    {"redis-sentinels", "the sentinels answer", lookAtSentinels},
}};

}  // namespace

std::span<const Rule> redisRules() {
  return kRules;
}

}  // namespace sessiond::ctl
