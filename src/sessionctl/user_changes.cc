// Users in Redis: added, given another password, disabled, enabled, removed.
//
// Whoever loses the right to be here loses the sessions as well: first the entry changes, so that nobody logs in
// meanwhile, then they end.

#include <sysexits.h>

#include <cstdio>
#include <string>

#include "base/encoding.h"
#include "login/new_password_hash.h"
#include "login/password_hash.h"
#include "login/user_name.h"
#include "session/user_id.h"
#include "sessionctl/commands.h"
#include "sessionctl/password_input.h"
#include "sessionctl/users.h"

namespace sessiond::ctl {
namespace {

void warn(const std::string& text) {
  std::fprintf(stderr, "sessionctl: %s\n", harmless(text).c_str());
}

/// What the login could not read, or no application would hear of; empty: all is well.
std::string whyRefused(const UserOptions& user) {
  const auto is_fit = [](std::string_view text) {
    return isValidUtf8(text) && !hasControls(text) && trimUserName(text) == text;
  };
  const std::string must = " must be UTF-8 without control characters, and without white space around it";
  if (!is_fit(user.id)) return "--id" + must;
  if (!is_fit(user.display_name)) return "--name" + must;
  if (!is_fit(user.email)) return "--email" + must;
  for (const std::string& role : user.roles)
    if (role.empty() || !is_fit(role)) return "--role" + must + ", and not empty";
  return "";
}

/// The hash; the error is the exit code, and why has been said.
Expected<std::string, int> newHash(const CommonOptions& options, const Users& users, const UserOptions& user) {
  const auto password = readNewPassword(user.from_stdin, user.name);
  if (!password) return Unexpected(fail(options, EX_DATAERR, password.error() + "; nothing was changed"));
  const std::string like = users.hashedLike();
  if (isBcrypt(like) && password->reveal().size() > kBcryptPasswordBytes) {
    return Unexpected(fail(options, EX_DATAERR,
                           "bcrypt looks at the first " + std::to_string(kBcryptPasswordBytes) +
                               " bytes of a password only, and this one is longer; take a shorter one, or set "
                               "login.redis_usual_hash to a hash of another kind"));
  }
  auto hash = newPasswordHash(like, password->reveal());
  if (!hash) return Unexpected(fail(options, EX_SOFTWARE, "the password's hash could not be computed"));
  return *std::move(hash);
}

/// What was done.
struct Change {
  enum class Kind { kGave, kDisabled, kRemoved };

  std::string name;
  std::string done;                  ///< "is disabled"
  Kind kind = Kind::kGave;           ///< a right to log in, or took it
  std::optional<std::size_t> ended;  ///< sessions; absent: none were to end
};

/// By whose word who was to be kept out gets in still; empty: by nobody's.
std::string whyStillIn(const Users& users, const Change& change) {
  if (change.kind == Change::Kind::kGave) return "";
  switch (deciderOf(users, change.name, change.kind == Change::Kind::kDisabled)) {
    case Decider::kFile: {
      const auto line = lineOf(users, change.name);
      const std::string& file = users.site.config.login.htpasswd_file;
      if (!line || stateOf(*line) != UserState::kActive) return "";
      return "the line of that name in " + file + " lets the user in; to remove it: htpasswd -D " + file + " " +
             change.name;
    }
    case Decider::kApplication:
      // Whom nobody here knows the application is asked about, as it was before there was such a user.
      if (change.kind == Change::Kind::kRemoved) return "";
      return "the application at login.http_verifier.url is asked, and Redis is not";
    case Decider::kRedis:
    case Decider::kNobody:
      break;
  }
  return "";
}

int sayChanged(const CommonOptions& options, const Users& users, const Change& change) {
  if (const std::string still = whyStillIn(users, change); !still.empty()) {
    return fail(options, EX_CONFIG, "user " + change.name + " " + change.done + " in Redis, but " + still);
  }
  const std::string why_not = whyRedisDoesNotDecide(users, change.name);
  if (!why_not.empty() && change.kind == Change::Kind::kGave) warn(why_not);
  if (options.json) {
    JsonObject answer;
    answer.flag("ok", true)
        .text("name", change.name)
        .flag("in_force", change.kind != Change::Kind::kGave || why_not.empty());
    if (change.ended) answer.number("ended", static_cast<std::int64_t>(*change.ended));
    std::printf("%s\n", answer.json().c_str());
    return EX_OK;
  }
  const std::size_t ended = change.ended.value_or(0);
  const std::string sessions =
      ended == 0 ? "" : "; " + std::to_string(ended) + (ended == 1 ? " session" : " sessions") + " ended";
  sayDone("user " + change.name + " " + change.done + sessions);
  return EX_OK;
}

/// Ends the user's sessions and says what was done.
int endAndSay(const CommonOptions& options, Users& users, const UserEntry& entry, Change change) {
  const std::string id = userIdIn(entry.user.json, users.site.config.session);
  const std::string done = "user " + change.name + " " + change.done;
  if (id.empty()) {
    const std::string damage = damageOf(entry);
    return fail(
        options, EX_TEMPFAIL,
        done + ", but " +
            (damage.empty() ? "the entry has no id at session.user_id_at" : "the entry was damaged (" + damage + ")") +
            ", so it is not known whose sessions to end; run: sessionctl session revoke --user ID");
  }
  const auto ended = endAllOf(users.site, id);
  if (!ended) {
    return fail(options, EX_TEMPFAIL,
                done + ", but not all sessions could be ended; run: sessionctl session revoke --user " + id);
  }
  if (ended->burial == Burial::kUnburied) {
    return fail(options, EX_TEMPFAIL,
                done +
                    ", and the sessions were deleted, but Redis would not take all tombstones: an "
                    "application that still has a copy can bring one back; the log line above, or in log.file, says "
                    "why");
  }
  change.ended = ended->sessions;
  return sayChanged(options, users, change);
}

/// Opens Redis and finds whom it is about.
struct Found {
  std::unique_ptr<RedisSite> site;
  Users users;
  std::string name;
  UserEntry entry;
};
Expected<Found, int> find(const CommonOptions& options, const UserOptions& user) {
  auto site = openRedis(options);
  if (!site) return Unexpected(site.error());
  Users users(**site);
  auto name = storedName(users, user.name);
  if (!name) return Unexpected(fail(options, EX_DATAERR, name.error()));
  auto entry = findInRedis(options, users, *name);
  if (!entry) return Unexpected(entry.error());
  return Found{*std::move(site), users, *std::move(name), *std::move(entry)};
}

/// What was asked for may have been done all the same. Then nobody finds the user again, nor by the user whose sessions
/// are to end.
int failRemoval(const CommonOptions& options, const Found& found, StoreError error) {
  const std::string id = userIdIn(found.entry.user.json, found.site->config.session);
  return failStore(options, error,
                   {"if there is no user " + found.name +
                    " when it is run again, the user was removed all the same, and the sessions go on; to end them: "
                    "sessionctl session revoke --user " +
                    (id.empty() ? "ID" : id)});
}

/// Changes the entry; the error is the exit code, and why has been said.
std::optional<int> change(const CommonOptions& options, Found& found, const UserHash& fields) {
  const auto done = found.users.editor.change(found.name, fields);
  if (!done) return failStore(options, done.error());
  if (!*done) return fail(options, EX_NOUSER, "user " + found.name + " was removed by somebody else meanwhile");
  return std::nullopt;
}

}  // namespace

int userAdd(const CommonOptions& options, const UserOptions& user) {
  if (const std::string why = whyRefused(user); !why.empty()) return fail(options, EX_DATAERR, why);
  const auto site = openRedis(options);
  if (!site) return site.error();
  Users users(**site);
  const auto name = storedName(users, user.name);
  if (!name) return fail(options, EX_DATAERR, name.error());
  if (*name != user.name) warn("the user's name is " + *name + ", as the login reads it");
  const auto hash = newHash(options, users, user);
  if (!hash) return hash.error();
  const UserFields fields{.id = user.id, .name = user.display_name, .email = user.email, .roles = user.roles};
  const NewUser added{.name = *name, .fields = hashOf(*hash, fields, user.disabled)};
  const auto done = users.editor.add(std::span(&added, 1));
  if (!done) return failStore(options, done.error());
  if (done->front() == UserAddition::kTaken) {
    return fail(options, EX_CANTCREAT,
                "there is a user " + *name + " already; `sessionctl user passwd` gives another password");
  }
  auditChange(users, *name, "add");
  return sayChanged(options, users, {.name = *name, .done = "was added"});
}

int userPasswd(const CommonOptions& options, const UserOptions& user) {
  auto found = find(options, user);
  if (!found) return found.error();
  const auto hash = newHash(options, found->users, user);
  if (!hash) return hash.error();
  if (const auto failed = change(options, *found, {{"password", *hash}})) return *failed;
  auditChange(found->users, found->name, "passwd");
  return endAndSay(options, found->users, found->entry, {.name = found->name, .done = "has another password"});
}

int userDisable(const CommonOptions& options, const UserOptions& user) {
  auto found = find(options, user);
  if (!found) return found.error();
  if (const auto failed = change(options, *found, {{"disabled", "1"}})) return *failed;
  auditChange(found->users, found->name, "disable");
  return endAndSay(options, found->users, found->entry,
                   {.name = found->name, .done = "is disabled", .kind = Change::Kind::kDisabled});
}

int userEnable(const CommonOptions& options, const UserOptions& user) {
  auto found = find(options, user);
  if (!found) return found.error();
  if (isLockedHash(found->entry.password_hash)) {
    return fail(options, EX_DATAERR,
                "the password hash of " + found->name +
                    " is locked with ! or *; give another password: sessionctl user passwd " + found->name);
  }
  if (const auto failed = change(options, *found, {{"disabled", ""}})) return *failed;
  auditChange(found->users, found->name, "enable");
  return sayChanged(options, found->users, {.name = found->name, .done = "is enabled"});
}

int userDel(const CommonOptions& options, const UserOptions& user) {
  auto found = find(options, user);
  if (!found) return found.error();
  if (!user.yes && !confirmed("Remove user " + found->name + "? It cannot be undone.")) {
    return fail(options, EX_USAGE, "nothing was removed; --yes removes user " + found->name + " without asking");
  }
  const auto done = found->users.editor.remove(found->name);
  if (!done) return failRemoval(options, *found, done.error());
  auditChange(found->users, found->name, "del");
  return endAndSay(options, found->users, found->entry,
                   {.name = found->name, .done = "was removed", .kind = Change::Kind::kRemoved});
}

}  // namespace sessiond::ctl
