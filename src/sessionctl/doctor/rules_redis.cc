// Will Redis keep what it is given, do what it is asked for, and agree on the time?

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "base/encoding.h"
#include "redis/acl_rule.h"
#include "redis/error_reply.h"
#include "redis/key_scan.h"
#include "redis/redis_address.h"
#include "sessionctl/doctor/redis_cli.h"
#include "sessionctl/doctor/redis_remedies.h"
#include "sessionctl/doctor/rules.h"
#include "sessionctl/doctor/shell_word.h"

namespace sessiond::ctl {
namespace {

/// Which of several.
std::string at(const RedisFacts& redis, const Installation& installation) {
  return installation.redis.size() > 1 ? " (" + redis.server + ")" : "";
}

/// The error that the server gave, in a message of RedisClient's; "" where it gave none.
std::string wordOf(const std::string& message) {
  const std::string mark = " says: ";
  const std::size_t at = message.find(mark);
  if (at == std::string::npos) return "";
  const std::string text = message.substr(at + mark.size());
  return text.substr(0, text.find(' '));
}

bool isReachable(const Installation& installation, Verdict& verdict) {
  if (installation.redisIsUsable() && !installation.redis.empty()) return true;
  verdict.cannotTell("Redis is not to be used");
  return false;
}

bool saysAll(const Installation& installation, Verdict& verdict) {
  if (!isReachable(installation, verdict)) return false;
  if (!installation.redis.front().info.empty()) return true;
  verdict.cannotTell("redis.user may not run INFO; to let the doctor look: " + RedisCli(installation).allow(" +info"));
  return false;
}

void lookAtServer(const Installation& installation, Verdict& verdict) {
  const StartupReport& report = installation.redis_report;
  if (report.outcome == StartupProbe::kOk) return;
  const std::string word = wordOf(report.message);
  const RedisCli cli(installation);
  std::string remedy = word.empty() ? connectionRemedy(installation, report.message) : "";
  if (remedy.empty()) remedy = cli.atFirst("PING");
  if (word == "READONLY" || word == "MASTERDOWN") {
    remedy = cli.atFirst("INFO replication") + "  # says where the primary is";
  }
  const bool is_refused = word == "WRONGPASS" || word == "NOAUTH" || word == "DENIED";
  if (is_refused && !installation.redis_server.empty()) {
    remedy = cli.lookAtUser() + "  # is it there, and on? Then its password into redis.password_file";
  }
  if (report.message.find("has version") != std::string::npos) {
    remedy = "apt install redis-server  # 6.0 or newer";
  }
  verdict.fault(report.message, remedy);
}

std::string urlOfPrimary(const RedisFacts& redis, const Installation& installation) {
  const auto now = parseRedisUrl(installation.config().redis.url);
  const std::string host = redis.value("master_host");
  const bool is_ipv6 = host.find(':') != std::string::npos;
  const std::string user = now && !now->user.empty() ? percentEncode(now->user) + "@" : "";
  return (now && now->tls ? "rediss://" : "redis://") + user + (is_ipv6 ? "[" + host + "]" : host) + ":" +
         redis.value("master_port") + "/" + std::to_string(now ? now->database : 0);
}

/// The node as `redis.cluster` has it.
std::string clusterAt(const RedisFacts& redis, const Installation& installation) {
  const std::string port = redis.value("tcp_port");
  const std::string place = redis.server.starts_with('/') ? "127.0.0.1:" + port : redis.server;
  return "cluster: {nodes: [\"" + place + "\"]" + (usesTls(installation.config().redis) ? ", tls: true}" : "}");
}

void lookAtRole(const Installation& installation, Verdict& verdict) {
  if (!isReachable(installation, verdict)) return;
  const RedisFacts& redis = installation.redis.front();
  const bool is_clusters = installation.config().redis.cluster.used();
  if (redis.value("role") == "slave") {
    const std::string allowed = installation.config().redis.allow_replica ? " (redis.allow_replica)" : "";
    verdict.danger("redis.url leads to a replica" + allowed + ": nothing can be written, so no logout is kept",
                   setting(installation, "url: " + urlOfPrimary(redis, installation)));
  }
  if (redis.value("cluster_enabled") == "1" && !is_clusters) {
    verdict.fault("redis.url leads to one node of a Redis Cluster, which has a part of the keys only",
                  setting(installation, "in the place of url, " + clusterAt(redis, installation)));
  }
}

/// For a shell.
std::string rulesFor(const std::vector<MissingRight>& rights) {
  std::string rules;
  for (const std::string& rule : aclRulesFor(rights)) rules += " " + quoted(rule);
  return rules;
}

/// What only the tool does, nobody may want; so this is no fault.
void lookAtToolsRights(const Installation& installation, Verdict& verdict) {
  const std::vector<MissingRight>& scan = installation.missing_scan_rights;
  if (const std::string rules = rulesFor(scan); !rules.empty()) {
    verdict.hint(
        "the user that sessiond has in Redis may not go through all keys, so `sessionctl session revoke --all`, "
        "and what lists users, throttled logins or sessions without an index, fails: " +
            listOf(scan, false),
        RedisCli(installation).allow(rules));
  }
  const std::vector<MissingRight>& editing = installation.missing_editor_rights;
  if (const std::string rules = rulesFor(editing); !rules.empty()) {
    verdict.hint("the user that sessiond has in Redis may not change users, so some of `sessionctl user` fails: " +
                     listOf(editing, false),
                 RedisCli(installation).allow(rules));
  }
}

void lookAtRedisRights(const Installation& installation, Verdict& verdict) {
  if (!isReachable(installation, verdict)) return;
  const std::string rules = rulesFor(installation.missing_rights);
  if (const std::string unknown = listOf(installation.missing_rights, true); !unknown.empty()) {
    verdict.fault("Redis does not know what it will be asked for: " + unknown,
                  "take the lines rename-command out of redis.conf, then start Redis anew");
  }
  if (rules.empty()) return lookAtToolsRights(installation, verdict);
  verdict.fault("the user that sessiond has in Redis may not do all that it will be asked for: " +
                    listOf(installation.missing_rights, false),
                RedisCli(installation).allow(rules));
}

void lookAtEvictionOf(const RedisFacts& redis, const Installation& installation, Verdict& verdict) {
  const std::string policy = redis.value("maxmemory_policy");
  const std::int64_t limit = redis.number("maxmemory").value_or(0);
  if (limit == 0) return;
  if (policy != "noeviction") {
    verdict.danger("Redis" + at(redis, installation) + " throws keys away when it is full (maxmemory-policy " + policy +
                       "): users are logged out, and with a tombstone a session that was ended can come back",
                   RedisCli(installation).configure(redis, "maxmemory-policy noeviction"));
  }
  const std::int64_t used = redis.number("used_memory").value_or(0);
  constexpr std::int64_t kFull = 90;  // percent
  if (used * 100 >= limit * kFull) {
    verdict.fault("Redis" + at(redis, installation) + " is full to " + std::to_string(used * 100 / limit) +
                      " % of maxmemory: logins will fail",
                  RedisCli(installation).configure(redis, "maxmemory " + std::to_string(2 * limit)));
  }
}

void lookAtEviction(const Installation& installation, Verdict& verdict) {
  if (!saysAll(installation, verdict)) return;
  for (const RedisFacts& redis : installation.redis) lookAtEvictionOf(redis, installation, verdict);
}

void lookAtPersistenceOf(const RedisFacts& redis, const Installation& installation, Verdict& verdict) {
  if (redis.value("aof_enabled") == "1") {
    if (redis.value("aof_last_write_status") == "err") {
      verdict.fault("Redis" + at(redis, installation) + " cannot write its append-only file (disk full?)",
                    RedisCli(installation).at(redis, "INFO persistence") + "; df -h");
    }
    return;
  }
  const std::string remedy = RedisCli(installation).configure(redis, "appendonly yes");
  if (!redis.saves) return verdict.cannotTell("redis.user may not run CONFIG GET, and the append-only file is off");
  if (redis.saves->empty()) {
    verdict.fault(
        "Redis" + at(redis, installation) + " keeps nothing on disk: after its next restart everybody is logged out",
        remedy);
  } else {
    verdict.hint("Redis" + at(redis, installation) + " keeps snapshots only (save " + *redis.saves +
                     "): a crash forgets the logouts of the last minutes, and sessions that were ended are back",
                 remedy);
  }
}

void lookAtPersistence(const Installation& installation, Verdict& verdict) {
  if (!saysAll(installation, verdict)) return;
  for (const RedisFacts& redis : installation.redis) lookAtPersistenceOf(redis, installation, verdict);
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

void lookAtClock(const Installation& installation, Verdict& verdict) {
  if (!isReachable(installation, verdict)) return;
  for (const RedisFacts& redis : installation.redis) lookAtClockOf(redis, verdict);
}

void lookAtReplicasOf(const RedisFacts& redis, const Installation& installation, Verdict& verdict) {
  const std::int64_t replicas = redis.number("connected_slaves").value_or(0);
  const std::int64_t wanted = installation.config().logout.replicas;
  if (replicas < wanted) {
    verdict.fault("logout.replicas waits for " + std::to_string(wanted) + " replicas, and " + std::to_string(replicas) +
                      " follow the primary: every logout waits in vain",
                  RedisCli(installation).at(redis, "INFO replication"));
  }
  // Said only where it is on.
  const bool asks_for_any = !redis.value("min_slaves_good_slaves").empty();
  if (replicas > 0 && !asks_for_any) {
    verdict.hint(
        "a primary that is cut off from its replicas goes on taking logins and logouts, which are lost when another "
        "takes its place (min-replicas-to-write is 0)",
        RedisCli(installation).configure(redis, "min-replicas-to-write 1"));
  }
}

void lookAtReplicas(const Installation& installation, Verdict& verdict) {
  if (!saysAll(installation, verdict)) return;
  for (const RedisFacts& redis : installation.redis) lookAtReplicasOf(redis, installation, verdict);
}

/// Of how often everybody was logged out.
void lookAtCounter(const Installation& installation, Verdict& verdict) {
  if (!isReachable(installation, verdict) || !installation.counter_error) return;
  const std::string& key = installation.site->keys.epoch();
  if (*installation.counter_error != StoreError::kCorrupt)
    return verdict.cannotTell("Redis does not say what " + key + " is");
  // Without it those count again whom it had logged out.
  const std::uint32_t database = databaseOf(installation.config().redis);
  std::string removal = "DEL " + quoted(key);
  if (database != 0) removal = "-n " + std::to_string(database) + " " + removal;
  if (installation.config().redis.cluster.used()) removal = "-c " + removal;
  verdict.fault(key +
                    ", which counts how often everybody was logged out, holds something that is no number: no login "
                    "counts, and nobody can log in",
                RedisCli(installation).atFirst(removal) + " && sessionctl -c " + installation.options.config_file +
                    " session revoke --all");
}

/// Against what a sentinel refuses to whoever redis.sentinel makes of sessiond.
std::string remedyAtSentinel(const std::string& node, const std::string& error, const Installation& installation) {
  if (error.starts_with("ERR AUTH")) {
    return setting(installation, "in sentinel, no password_file, since that sentinel asks nobody for one");
  }
  const std::string cli = RedisCli(installation).atSentinelAsDefault(node);
  const std::string& user = installation.config().redis.sentinel.user;
  const std::string name = quoted(user.empty() ? "default" : user);
  if (!error.starts_with("NOPERM")) {
    return cli + "ACL GETUSER " + name + "  # is it there, and on? Then its password into redis.sentinel.password_file";
  }
  // Which of the two keeps its users cannot be told.
  return cli + "ACL SETUSER " + name +
         " '+sentinel|myid' '+sentinel|master' '+sentinel|get-master-addr-by-name' '+sentinel|sentinels' && { " + cli +
         "ACL SAVE; " + cli + "SENTINEL FLUSHCONFIG; }";
}

void lookAtSentinel(const std::string& node, const Installation& installation, Verdict& verdict) {
  const auto trouble = troubleWithSentinel(*installation.site, node);
  if (!trouble) return;
  const std::string sentinel = "the sentinel at " + node;
  const RedisCli cli(installation);
  if (trouble->kind != ConnectionError::Kind::kRejected) {
    const std::string remedy = connectionRemedy(installation, trouble->text);
    return verdict.fault(sentinel + " does not answer: " + trouble->text,
                         remedy.empty() ? cli.atSentinel(node, "PING") : remedy);
  }
  const ErrorKind& error = classifyError(trouble->text);
  if (error.code == "ERR unknown command" || error.code == "READONLY") {
    return verdict.fault(
        "what answers at " + node + " is no sentinel: " + trouble->text,
        setting(installation, "in sentinel, nodes: where the sentinels listen, by default at port 26379"));
  }
  if (error.meaning == ErrorMeaning::kMisconfigured) {
    return verdict.fault(sentinel +
                             " refuses what it is asked; check redis.sentinel.user and redis.sentinel.password_file, "
                             "and the user's rights there: " +
                             trouble->text,
                         remedyAtSentinel(node, trouble->text, installation));
  }
  verdict.fault(sentinel + " does not say who is the primary; check redis.sentinel.master: " + trouble->text,
                cli.atSentinel(node, "SENTINEL MASTERS") + "  # says what it calls each");
}

void lookAtSentinels(const Installation& installation, Verdict& verdict) {
  const RedisSettings& redis = installation.config().redis;
  if (!redis.sentinel.used()) return;
  const std::size_t count = redis.sentinel.nodes.size();
  if (count < 3) {
    verdict.hint("redis.sentinel.nodes names " + std::to_string(count) +
                     " sentinels: with fewer than three, the loss of one leaves nobody to decide",
                 "start a third: redis-sentinel /etc/redis/sentinel.conf");
  }
  for (const std::string& node : redis.sentinel.nodes) lookAtSentinel(node, installation, verdict);
}

/// Sites with one sessiond.key_prefix, which each of them takes for its own. Their tombstones tell them apart: they
/// name their sessions' whole keys.
void lookAtSites(const Installation& installation, Verdict& verdict) {
  constexpr std::uint64_t kKeysToLookAt = 1'000'000;
  if (!isReachable(installation, verdict)) return;
  const RedisKeys& keys = installation.site->keys;
  KeyScan scan(installation.site->redis, keys.tombstones());
  while (scan.passed() < kKeysToLookAt) {
    const auto page = scan.next();
    if (!page)
      return verdict.cannotTell("Redis does not list its keys; to let the doctor look: " +
                                RedisCli(installation).allow(" +scan"));
    if (!*page) return;
    const auto foreign =
        std::ranges::find_if(**page, [&](const std::string& key) { return !keys.idOfTombstone(key).has_value(); });
    if (foreign == (*page)->end()) continue;
    const std::string& file = installation.options.config_file;
    return verdict.danger(
        "another site uses the same sessiond.key_prefix (there is " + *foreign +
            "): whoever is a user of one in Redis can log in at both, and users with one id share a list of sessions",
        "in " + file + ", below sessiond: key_prefix: \"" + keys.sessions() +
            "sessiond:\"  # each site another one; then restart it, and add its users in Redis again");
  }
  verdict.cannotTell("Redis holds very many keys; the first million were looked at");
}

constexpr std::array<Rule, 10> kRedisRules = {{
    {"redis", "Redis answers, takes user and password, and is new enough", lookAtServer},
    {"redis-role", "it is a primary, with all keys", lookAtRole},
    {"redis-rights", "its user may do all that will be asked for", lookAtRedisRights},
    {"redis-eviction", "it throws nothing away", lookAtEviction},
    {"redis-persistence", "what it holds outlives a restart", lookAtPersistence},
    {"redis-clock", "its clock is this machine's", lookAtClock},
    {"redis-replicas", "its replicas have what it has", lookAtReplicas},
    {"redis-sentinels", "the sentinels say who is the primary", lookAtSentinels},
    {"redis-counter", "it says which logins count", lookAtCounter},
    {"redis-sites", "no other site keeps its users and tombstones under the same prefix", lookAtSites},
}};

}  // namespace

std::span<const Rule> redisRules() {
  return kRedisRules;
}

}  // namespace sessiond::ctl
