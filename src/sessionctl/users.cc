#include "sessionctl/users.h"

#include <sysexits.h>

#include <utility>

#include "base/log.h"
#include "login/directory_authenticator.h"
#include "login/password_hash.h"
#include "login/user_name.h"

namespace sessiond::ctl {
std::optional<UserEntry> lineOf(const Users& users, const std::string& name) {
  if (users.htpasswd() == nullptr) return std::nullopt;
  auto line = users.htpasswd()->find(name);
  return line ? *std::move(line) : std::nullopt;
}

std::string Users::hashedLike() const {
  return usualHashInRedis(site.config.login);
}

Expected<std::string, std::string> storedName(const Users& users, const std::string& typed) {
  if (auto name = canonicalUserName(typed, users.nameCase())) return *std::move(name);
  return Unexpected("the login takes no such name: it must be 1 to " + std::to_string(kMaxUserNameBytes) +
                    " bytes of UTF-8 without control characters");
}

Decider deciderOf(const Users& users, const std::string& name, bool in_redis) {
  bool is_application_asked = false;
  for (const AuthenticatorKind asked : users.site.config.login.authenticators) {
    switch (asked) {
      case AuthenticatorKind::kRedis:
        if (in_redis) return Decider::kRedis;
        break;
      case AuthenticatorKind::kHtpasswd:
        if (lineOf(users, name)) return Decider::kFile;
        break;
      case AuthenticatorKind::kHttp:
        is_application_asked = true;
        break;
    }
  }
  return is_application_asked ? Decider::kApplication : Decider::kNobody;
}

std::string whyRedisDoesNotDecide(const Users& users, const std::string& name) {
  const LoginSettings& login = users.site.config.login;
  switch (deciderOf(users, name, true)) {
    case Decider::kRedis:
      return "";
    case Decider::kFile:
      return "the login goes by the line of " + name + " in " + login.htpasswd_file +
             ", which login.authenticators asks first or alone; to remove that: htpasswd -D " + login.htpasswd_file +
             " " + name;
    case Decider::kApplication:
      return "login.authenticators does not list redis: the application at login.http_verifier.url decides";
    case Decider::kNobody:
      break;
  }
  return "login.authenticators does not list redis: nobody can log in as " + name + "; add it and reload";
}

Expected<UserEntry, int> findInRedis(const CommonOptions& options, Users& users, const std::string& name) {
  auto found = users.directory.find(name);
  if (!found) return Unexpected(failStore(options, StoreError::kUnavailable));
  if (*found) return **std::move(found);
  const std::string& file = users.site.config.login.htpasswd_file;
  if (lineOf(users, name)) {
    return Unexpected(fail(options, EX_NOUSER,
                           "user " + name + " stands in " + file +
                               ", not in Redis; change that file with htpasswd(1): another password by htpasswd -B " +
                               file + " " + name + ", out of it by htpasswd -D " + file + " " + name));
  }
  return Unexpected(
      fail(options, EX_NOUSER, "there is no user " + name + "; `sessionctl user list` shows those there are"));
}

UserHash hashOf(std::string password_hash, const UserFields& fields, bool disabled) {
  UserHash hash{{"password", std::move(password_hash)}};
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) hash.emplace_back(name, value);
  };
  add("id", fields.id);
  add("name", fields.name);
  add("email", fields.email);
  std::string roles;
  for (const std::string& role : fields.roles) roles += (roles.empty() ? "" : ",") + jsonString(role);
  if (!roles.empty()) add("roles", "[" + roles + "]");
  if (disabled) add("disabled", "1");
  return hash;
}

std::string_view nameOf(UserState state) {
  switch (state) {
    case UserState::kActive:
      return "active";
    case UserState::kDisabled:
      return "disabled";
    case UserState::kDamaged:
      return "damaged";
  }
  return "";
}

std::string damageOf(const UserEntry& entry) {
  if (!entry.damage.empty() || isLockedHash(entry.password_hash)) return entry.damage;
  return explainUnusableHash(entry.password_hash).value_or("");
}

UserState stateOf(const UserEntry& entry) {
  if (!damageOf(entry).empty()) return UserState::kDamaged;
  return entry.locked || isLockedHash(entry.password_hash) ? UserState::kDisabled : UserState::kActive;
}

void auditChange(const Users& users, std::string_view name, std::string_view change) {
  audit("user", {{"user", pseudonym(users.site.log_key, name)}, {"change", change}});
}

}  // namespace sessiond::ctl
