// Users: those in Redis, as the tool changes them, beside those of the password file, which it only shows.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "login/user_directory.h"
#include "redis/redis_user_directory.h"
#include "redis/redis_user_editor.h"
#include "sessionctl/redis_site.h"

namespace sessiond::ctl {

struct Users {
  explicit Users(RedisSite& all)
      : site(all), editor(all.redis, all.keys), directory(all.redis, all.keys, all.config.login.redis_usual_hash) {}

  RedisSite& site;
  RedisUserEditor editor;
  RedisUserDirectory directory;

  NameCase nameCase() const { return nameCaseOf(site.config.login); }
  /// A hash of the kind and cost that new passwords get: login.redis_usual_hash, or what stands for it where it is
  /// empty.
  std::string hashedLike() const;
  HtpasswdDirectory* htpasswd() const { return site.prepared.htpasswd.get(); }
};

/// The name as it stands in Redis; the error says why the login would take it from nobody.
Expected<std::string, std::string> storedName(const Users& users, const std::string& typed);

/// What the directory has of the name, which is to be in Redis. The error is the exit code; why has been said.
Expected<UserEntry, int> findInRedis(const CommonOptions& options, Users& users, const std::string& name);

/// The password file's.
std::optional<UserEntry> lineOf(const Users& users, const std::string& name);

/// Who says whether somebody may log in by a name: the first of login.authenticators that knows it.
enum class Decider { kNobody, kRedis, kFile, kApplication };
/// `in_redis`: Redis has the name.
Decider deciderOf(const Users& users, const std::string& name, bool in_redis);
/// Why nothing that Redis says of the name counts: "…, so nobody can log in by it"; empty: it decides.
std::string whyRedisDoesNotDecide(const Users& users, const std::string& name);

/// Where in the fields of a hash the user's data go; without those that are empty.
UserHash hashOf(std::string password_hash, const UserFields& fields, bool disabled);

/// A line in the audit log. `change`: the command's word.
void auditChange(const Users& users, std::string_view name, std::string_view change);

enum class UserState { kActive, kDisabled, kDamaged };
std::string_view nameOf(UserState state);
UserState stateOf(const UserEntry& entry);
/// Why the entry is damaged; empty: it is not.
std::string damageOf(const UserEntry& entry);

}  // namespace sessiond::ctl
