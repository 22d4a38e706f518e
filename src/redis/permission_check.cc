#include "redis/permission_check.h"

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "login/attempt_store.h"
#include "redis/acl_rule.h"
#include "redis/invalidation_message.h"
#include "redis/redis_client.h"
#include "redis/redis_connection.h"
#include "redis/redis_keys.h"

namespace sessiond {
namespace {

using Type = RedisReply::Type;

/// No session id of ours is as short.
constexpr std::string_view kKey = "permission-check";

/// "No permissions to access a key", "this user has no permissions to access one of the keys used as arguments".
std::optional<MissingRight::Kind> lackIn(const RedisReply& reply) {
  if (reply.type != Type::kError) return std::nullopt;
  if (reply.text.starts_with("ERR unknown command")) return MissingRight::Kind::kUnknown;
  if (!reply.text.starts_with("NOPERM ")) return std::nullopt;
  const bool is_of_place = reply.text.find("permissions to access") != std::string::npos;
  return is_of_place ? MissingRight::Kind::kPlace : MissingRight::Kind::kCommand;
}

/// Commands, and what to call each of them when it is refused.
class Questions {
 public:
  /// One without a key, called by its words.
  void addKeyless(std::initializer_list<std::string_view> words) {
    std::string name;
    for (const std::string_view word : words) name.append(name.empty() ? "" : " ").append(word);
    addKeyless(words, std::move(name));
  }
  void addKeyless(std::initializer_list<std::string_view> words, std::string name) {
    names_.push_back(std::move(name));
    commands_.add(words);
  }
  /// COMMAND KEY ARGUMENT... for a key with this prefix. Each is asked once.
  void add(std::string_view command, std::string_view prefix, std::initializer_list<std::string_view> rest = {}) {
    if (!isNew(command, prefix)) return;
    commands_.begin(2 + rest.size());
    commands_.argument(command);
    commands_.argument(prefix, kKey);
    for (const std::string_view argument : rest) commands_.argument(argument);
  }
  void addScript(std::string_view prefix) {
    if (!isNew("EVAL", prefix)) return;
    commands_.beginScript("return 0", 0);
    commands_.argument(prefix, kKey);
  }

  const RedisCommands& commands() const { return commands_; }

  void collectRefused(const RedisReplies& replies, std::vector<MissingRight>& refused) const {
    for (std::size_t i = 0; i < replies.size(); ++i)
      if (const auto lack = lackIn(replies[i])) refused.push_back({names_[i], *lack});
  }

 private:
  bool isNew(std::string_view command, std::string_view prefix) {
    std::string name = std::string(command).append(" ").append(prefix).append("*");
    if (std::find(names_.begin(), names_.end(), name) != names_.end()) return false;
    names_.push_back(std::move(name));
    return true;
  }

  std::vector<std::string> names_;
  RedisCommands commands_;
};

/// What is counted and remembered of tries to log in.
void addLoginGate(const RedisKeys& keys, Questions& questions) {
  const std::string tries = keys.own(kTriesPrefix);
  questions.addScript(tries);
  questions.add("HMGET", tries, {"last"});
  questions.add("HSET", tries, {"last", "0"});
  questions.add("PEXPIRE", tries, {"1"});
  questions.add("DEL", tries);
  const std::string places = keys.own(kPlacesPrefix);
  questions.add("ZRANGEBYSCORE", places, {"0", "0"});
  questions.add("ZADD", places, {"0", "0"});
  questions.add("ZREMRANGEBYRANK", places, {"0", "0"});
  questions.add("EXPIRE", places, {"1"});
  const std::string failures = keys.own(kFailuresPrefix);
  questions.add("HINCRBY", failures, {"count", "1"});
  questions.add("HSET", failures, {"last", "0"});
  questions.add("EXPIRE", failures, {"1"});
  questions.add("HMGET", failures, {"count"});
  questions.add("DEL", failures);
}

/// What a script calls is asked for as well: the server looks at each call's rights.
void addLogin(const PermissionScope& scope, Questions& questions) {
  const RedisKeys& keys = scope.keys;
  questions.add("SET", keys.sessions(), {"1"});
  addLoginGate(keys, questions);
  for (const AuthenticatorKind kind : scope.login.authenticators) {
    switch (kind) {
      case AuthenticatorKind::kRedis:
        questions.add("HMGET", keys.users(), {"id"});
        break;
      case AuthenticatorKind::kHtpasswd:
      case AuthenticatorKind::kHttp:
        break;  // they ask nothing of Redis
    }
  }
}

void addApi(const PermissionScope& scope, Questions& questions) {
  const RedisKeys& keys = scope.keys;
  questions.add("GET", keys.sessions());
  questions.add("SET", keys.sessions(), {"1"});
  questions.add("GETRANGE", scope.app_cache->key_prefix, {"0", "0"});
  questions.add("SET", scope.app_cache->key_prefix, {"1"});
  questions.add("DEL", scope.app_cache->key_prefix);
}

void addCache(const RedisKeys& keys, Questions& questions) {
  questions.add("SET", keys.canaries(), {"1"});
  questions.add("GET", keys.canaries());
  questions.addKeyless({"CLIENT", "ID"});
  questions.addKeyless({"CLIENT", "TRACKING", "ON"});
  questions.addKeyless({"SUBSCRIBE", kInvalidationChannel});
}

void addIndex(const RedisKeys& keys, Questions& questions) {
  questions.addKeyless({"TIME"});
  questions.addScript(keys.indexes());
  questions.add("ZSCORE", keys.indexes(), {"0"});
  questions.add("ZADD", keys.indexes(), {"0", "0"});
  questions.add("PTTL", keys.indexes());
  questions.add("PEXPIRE", keys.indexes(), {"1"});
  questions.add("ZCOUNT", keys.indexes(), {"0", "0"});
  questions.add("ZRANGEBYSCORE", keys.indexes(), {"0", "0"});
  questions.add("EXISTS", keys.sessions());
  questions.add("ZREM", keys.indexes(), {"0"});
  questions.add("ZREVRANGE", keys.indexes(), {"0", "0"});
  questions.addScript(keys.ended());
  questions.add("ZADD", keys.ended(), {"0", "0"});
  questions.add("ZRANGEBYSCORE", keys.ended(), {"0", "0"});
  questions.add("ZREM", keys.ended(), {"0"});
  questions.add("PEXPIRE", keys.ended(), {"1"});
  questions.add("ZREVRANGE", keys.ended(), {"0", "0"});
}

Questions questionsFor(const PermissionScope& scope) {
  Questions questions;
  const RedisKeys& keys = scope.keys;
  questions.add("GETRANGE", keys.sessions(), {"0", "0"});
  questions.add("EXISTS", keys.tombstones());
  questions.addScript(keys.sessions());
  questions.add("PTTL", keys.sessions());
  questions.add("EXPIRE", keys.sessions(), {"1"});
  questions.addScript(keys.tombstones());
  questions.add("PTTL", keys.tombstones());
  questions.add("SET", keys.tombstones(), {"1"});
  questions.add("EXPIRE", keys.tombstones(), {"1"});
  questions.add("DEL", keys.sessions());
  questions.add("GET", keys.epoch());
  questions.addScript(keys.epoch());
  questions.add("SET", keys.epoch(), {"1"});
  addIndex(keys, questions);
  if (scope.session.cache.enabled) addCache(keys, questions);
  if (!scope.login.authenticators.empty()) addLogin(scope, questions);
  if (scope.app_cache != nullptr) addApi(scope, questions);
  if (scope.waits_for_replicas) questions.addKeyless({"WAIT", "0", "1"}, "WAIT");
  if (scope.probes_writes) questions.add("DEL", keys.canaries());
  if (scope.in_cluster) {
    questions.addKeyless({"CLUSTER", "INFO"});
    questions.addKeyless({"CLUSTER", "SLOTS"});
    questions.addKeyless({"ASKING"});
  }
  return questions;
}

/// What RedisUserEditor sends, and what its scripts call.
Questions questionsOfEditor(const RedisKeys& keys) {
  Questions questions;
  questions.addScript(keys.users());
  questions.add("EXISTS", keys.users());
  questions.add("HLEN", keys.users());
  questions.add("HGET", keys.users(), {"id"});
  questions.add("HSET", keys.users(), {"id", "0"});
  questions.add("HDEL", keys.users(), {"id"});
  questions.add("DEL", keys.users());
  return questions;
}

/// The rights that are missing.
std::vector<MissingRight> ask(RedisClient& client, const Questions& questions, const Clock& clock) {
  std::vector<MissingRight> refused;
  auto connection = client.dial();
  if (!connection) return refused;
  const SteadyTime deadline = client.newDeadline();
  RedisReplies replies;

  Questions frame;
  frame.addKeyless({"MULTI"});
  if (!(*connection)->exchange(frame.commands(), replies, clock.steadyNow(), deadline)) return refused;
  frame.collectRefused(replies, refused);
  // Without a transaction, what follows would be carried out.
  if (replies.back().type != Type::kStatus) return refused;

  if (!(*connection)->exchange(questions.commands(), replies, clock.steadyNow(), deadline)) return refused;
  questions.collectRefused(replies, refused);
  return refused;
}

std::vector<MissingRight> askAll(RedisAccess& redis, const Questions& questions, const Clock& clock) {
  std::vector<MissingRight> refused;
  for (RedisClient* const server : redis.servers()) {
    for (MissingRight& right : ask(*server, questions, clock)) {
      if (std::ranges::find(refused, right.name, &MissingRight::name) == refused.end()) {
        refused.push_back(std::move(right));
      }
    }
  }
  return refused;
}

}  // namespace

std::vector<MissingRight> missingRights(RedisAccess& redis, const PermissionScope& scope, const Clock& clock) {
  return askAll(redis, questionsFor(scope), clock);
}

std::vector<MissingRight> missingEditorRights(RedisAccess& redis, const RedisKeys& keys, const Clock& clock) {
  return askAll(redis, questionsOfEditor(keys), clock);
}

std::vector<MissingRight> missingScanRights(RedisAccess& redis, const Clock& clock) {
  Questions questions;
  questions.addKeyless({"SCAN", "0"}, "SCAN");
  questions.addKeyless({"DBSIZE"});
  return askAll(redis, questions, clock);
}

StartupReport checkPermissions(RedisAccess& redis, const PermissionScope& scope, const Clock& clock) {
  const std::vector<MissingRight> refused = missingRights(redis, scope, clock);
  if (refused.empty()) return {};
  const std::string forbidden = listOf(refused, false);
  const std::string unknown = listOf(refused, true);
  std::string message = "redis: ";
  if (!unknown.empty()) {
    message +=
        "the server does not know what sessiond will ask for; take the rename-command lines for it out of its "
        "configuration: " +
        unknown + (forbidden.empty() ? "" : "; ");
  }
  // Last, so that all behind the colon can be copied.
  if (!forbidden.empty()) {
    message += "the ACL user may not do all that sessiond will ask for: " + forbidden +
               "; in redis-cli this allows it: ACL SETUSER " + redis.servers().front()->node().greeting().userName();
    for (const std::string& rule : aclRulesFor(refused)) message += " " + rule;
  }
  return {StartupProbe::kLimited, message};
}

std::string listOf(const std::vector<MissingRight>& rights, bool unknown) {
  std::string list;
  for (const MissingRight& right : rights) {
    if ((right.kind == MissingRight::Kind::kUnknown) == unknown) list += (list.empty() ? "" : ", ") + right.name;
  }
  return list;
}

}  // namespace sessiond
