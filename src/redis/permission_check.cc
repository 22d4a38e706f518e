#include "redis/permission_check.h"

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "redis/redis_attempt_store.h"
#include "redis/redis_connection.h"
#include "redis/redis_session_store.h"
#include "redis/redis_user_directory.h"
#include "redis/redis_user_session_index.h"

namespace sessiond {
namespace {

using Type = RedisReply::Type;

/// No session id of ours is as short.
constexpr std::string_view kKey = "permission-check";

/// EXEC's is within another: "EXECABORT Transaction discarded because of: NOPERM this user ...".
bool isRefusal(const RedisReply& reply) {
  return reply.type == Type::kError && reply.text.find("NOPERM ") != std::string::npos;
}

/// Commands, and what to call each of them when it is refused.
class Questions {
 public:
  /// COMMAND; the rest below are COMMAND KEY ARGUMENT... for a key with this prefix. Each is asked once.
  void add(std::string_view command) {
    names_.emplace_back(command);
    commands_.add({command});
  }
  void add(std::string_view command, std::string_view prefix, std::initializer_list<std::string_view> rest = {}) {
    if (!isNew(command, prefix)) return;
    commands_.begin(2 + rest.size());
    commands_.argument(command);
    commands_.argument(prefix, kKey);
    for (const std::string_view argument : rest) commands_.argument(argument);
  }
  void addScript(std::string_view prefix) {
    if (!isNew("EVAL", prefix)) return;
    commands_.begin(4);
    for (const std::string_view argument : {"EVAL", "return 0", "1"}) commands_.argument(argument);
    commands_.argument(prefix, kKey);
  }

  const RedisCommands& commands() const { return commands_; }

  void collectRefused(const RedisReplies& replies, std::vector<std::string>& refused) const {
    for (std::size_t i = 0; i < replies.size(); ++i)
      if (isRefusal(replies[i])) refused.push_back(names_[i]);
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
void addLoginGate(Questions& questions) {
  questions.add("TIME");
  questions.addScript(kTriesPrefix);
  questions.add("HMGET", kTriesPrefix, {"last"});
  questions.add("HSET", kTriesPrefix, {"last", "0"});
  questions.add("PEXPIRE", kTriesPrefix, {"1"});
  questions.add("HGET", kTriesPrefix, {"n1"});
  questions.add("HINCRBY", kTriesPrefix, {"n1", "1"});
  questions.add("DEL", kTriesPrefix);
  questions.add("ZSCORE", kPlacesPrefix, {"0"});
  questions.add("ZADD", kPlacesPrefix, {"0", "0"});
  questions.add("ZREMRANGEBYSCORE", kPlacesPrefix, {"0", "0"});
  questions.add("ZREMRANGEBYRANK", kPlacesPrefix, {"0", "0"});
  questions.add("EXPIRE", kPlacesPrefix, {"1"});
  questions.add("HINCRBY", kFailuresPrefix, {"count", "1"});
  questions.add("HSET", kFailuresPrefix, {"last", "0"});
  questions.add("EXPIRE", kFailuresPrefix, {"1"});
  questions.add("HMGET", kFailuresPrefix, {"count"});
  questions.add("DEL", kFailuresPrefix);
}

/// What a script calls is asked for as well: the server looks at each call's rights.
void addLogin(const PermissionScope& scope, Questions& questions) {
  const std::string& sessions = scope.session.key_prefix;
  questions.add("SET", sessions, {"1"});
  questions.add("EXISTS", sessions);
  questions.addScript(kUserSessionsPrefix);
  questions.add("ZADD", kUserSessionsPrefix, {"0", "0"});
  questions.add("TTL", kUserSessionsPrefix);
  questions.add("EXPIRE", kUserSessionsPrefix, {"1"});
  questions.add("ZRANGEBYSCORE", kUserSessionsPrefix, {"0", "0"});
  addLoginGate(questions);
  const auto& names = scope.login.authenticators;
  if (std::find(names.begin(), names.end(), "redis") != names.end()) questions.add("HMGET", kUserPrefix, {"id"});
}

void addApi(const PermissionScope& scope, Questions& questions) {
  const std::string& sessions = scope.session.key_prefix;
  questions.addScript(sessions);
  questions.addScript(kTombstonePrefix);
  questions.add("GET", sessions);
  questions.add("SET", sessions, {"1"});
  questions.add("GETRANGE", scope.app_cache->key_prefix, {"0", "0"});
  questions.add("SET", scope.app_cache->key_prefix, {"1"});
  questions.add("DEL", scope.app_cache->key_prefix);
}

Questions questionsFor(const PermissionScope& scope) {
  Questions questions;
  const std::string& sessions = scope.session.key_prefix;
  questions.add("GETRANGE", sessions, {"0", "0"});
  if (scope.session.cache.enabled) questions.add("PTTL", sessions);
  questions.add("EXISTS", kTombstonePrefix);
  questions.add("EXPIRE", sessions, {"1"});
  questions.add("SET", kTombstonePrefix, {"1"});
  questions.add("DEL", sessions);
  questions.add("ZREM", kUserSessionsPrefix, {"0"});
  questions.add("ZREVRANGE", kUserSessionsPrefix, {"0", "0"});
  if (!scope.login.authenticators.empty()) addLogin(scope, questions);
  if (scope.app_cache != nullptr) addApi(scope, questions);
  return questions;
}

/// The rights that are missing.
std::vector<std::string> ask(RedisClient& client, const PermissionScope& scope, const Clock& clock) {
  std::vector<std::string> refused;
  auto connection = client.dial();
  if (!connection) return refused;
  const SteadyTime deadline = client.newDeadline();
  RedisReplies replies;

  Questions frame;
  frame.add("EXEC");  // refused in any case, but NOPERM comes first
  frame.add("MULTI");
  if (!(*connection)->exchange(frame.commands(), replies, clock.steadyNow(), deadline)) return refused;
  frame.collectRefused(replies, refused);
  // Without a transaction, what follows would be carried out.
  if (replies.back().type != Type::kStatus) return refused;

  const Questions questions = questionsFor(scope);
  if (!(*connection)->exchange(questions.commands(), replies, clock.steadyNow(), deadline)) return refused;
  questions.collectRefused(replies, refused);
  return refused;
}

}  // namespace

StartupReport checkPermissions(RedisClient& client, const PermissionScope& scope, const Clock& clock) {
  const std::vector<std::string> refused = ask(client, scope, clock);
  if (refused.empty()) return {};
  std::string list;
  for (const std::string& right : refused) list += (list.empty() ? "" : ", ") + right;
  return {StartupProbe::kLimited,
          "redis: the ACL user may not do all that sessiond will ask for; extend its rules (ACL SETUSER) by these "
          "commands and keys: " +
              list};
}

}  // namespace sessiond
