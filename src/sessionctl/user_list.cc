// The users that can be shown: in Redis, and in the password file if there is one.

#include <sysexits.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "base/file.h"
#include "json/json_tree.h"
#include "login/htpasswd_parser.h"
#include "login/password_hash.h"
#include "sessionctl/commands.h"
#include "sessionctl/session_search.h"
#include "sessionctl/users.h"

namespace sessiond::ctl {
namespace {

struct ShownUser {
  std::string name;
  AuthenticatorKind from;
  UserEntry entry;
  bool decides;  ///< the login goes by this entry, and not by another one's of the name
};

std::string hashKindOf(const UserEntry& entry) {
  return explainUnusableHash(entry.password_hash) ? "" : costOf(entry.password_hash);
}

std::string jsonOf(const ShownUser& user) {
  return JsonObject()
      .text("name", user.name)
      .text("from", wordOf(user.from))
      .text("state", nameOf(stateOf(user.entry)))
      .flag("decides", user.decides)
      .textOrNull("problem", damageOf(user.entry))
      .textOrNull("hash", hashKindOf(user.entry))
      .raw("user", user.entry.user.json.empty() ? "null" : user.entry.user.json)
      .json();
}

/// A member of what applications see of the user; of roles a list.
std::string member(const UserEntry& entry, std::string_view name) {
  const auto tree = JsonTree::parse(entry.user.json.empty() ? "{}" : entry.user.json);
  const auto found = tree ? tree->root().member(name) : std::nullopt;
  if (!found) return "";
  if (found->isScalar()) return std::string(found->text());
  std::string list;
  for (const JsonChild child : found->children()) {
    if (child.value.isScalar()) list += (list.empty() ? "" : ", ") + std::string(child.value.text());
  }
  return list;
}

std::string stateInWords(const ShownUser& user) {
  const std::string damage = damageOf(user.entry);
  return std::string(nameOf(stateOf(user.entry))) + (damage.empty() ? "" : ": " + damage) +
         (user.decides ? "" : "; the login does not go by this entry (login.authenticators)");
}

/// The error is the exit code; why has been said.
Expected<std::vector<ShownUser>, int> usersInRedis(const CommonOptions& options, Users& users) {
  const auto names = users.editor.names();
  if (!names) return Unexpected(failStore(options, names.error()));
  std::vector<ShownUser> all;
  Progress progress("users read");
  for (const std::string& name : *names) {
    if (all.size() % 256 == 0) progress.show(all.size(), names->size());
    auto entry = users.directory.find(name);
    if (!entry) return Unexpected(failStore(options, StoreError::kUnavailable));
    if (!*entry) continue;
    all.push_back(
        {name, AuthenticatorKind::kRedis, **std::move(entry), deciderOf(users, name, true) == Decider::kRedis});
  }
  return all;
}

/// The configuration is good, so the file was read a moment ago.
std::vector<ShownUser> usersInFile(Users& users, const std::function<bool(const std::string&)>& is_in_redis) {
  std::vector<ShownUser> all;
  if (users.htpasswd() == nullptr) return all;
  const std::string& file = users.site.config.login.htpasswd_file;
  constexpr std::size_t kLargest = std::size_t{64} * 1024 * 1024;
  const auto contents = readFile(file, kLargest);
  if (!contents) return all;
  for (HtpasswdLine& line : parseHtpasswd(contents->bytes, file, users.nameCase()).users) {
    const bool decides = deciderOf(users, line.login, is_in_redis(line.login)) == Decider::kFile;
    all.push_back({std::move(line.login), AuthenticatorKind::kHtpasswd, std::move(line.entry), decides});
  }
  return all;
}

}  // namespace

int userList(const CommonOptions& options) {
  const auto site = openRedis(options);
  if (!site) return site.error();
  Users users(**site);
  auto all = usersInRedis(options, users);
  if (!all) return all.error();
  std::set<std::string> names;
  for (const ShownUser& user : *all) names.insert(user.name);
  std::ranges::move(usersInFile(users, [&names](const std::string& name) { return names.contains(name); }),
                    std::back_inserter(*all));
  if (options.json) {
    std::vector<std::string> list;
    for (const ShownUser& user : *all) list.push_back(jsonOf(user));
    std::printf("%s\n", JsonObject().flag("ok", true).list("users", list).json().c_str());
    return EX_OK;
  }
  std::vector<std::vector<std::string>> rows;
  for (const ShownUser& user : *all) {
    rows.push_back({user.name, member(user.entry, "id"), std::string(wordOf(user.from)), member(user.entry, "roles"),
                    stateInWords(user)});
  }
  printTable({"NAME", "ID", "FROM", "ROLES", "STATE"}, std::move(rows));
  return EX_OK;
}

int userShow(const CommonOptions& options, const UserOptions& which) {
  const auto site = openRedis(options);
  if (!site) return site.error();
  Users users(**site);
  const auto name = storedName(users, which.name);
  if (!name) return fail(options, EX_DATAERR, name.error());
  auto in_redis = users.directory.find(*name);
  if (!in_redis) return failStore(options, StoreError::kUnavailable);
  std::vector<ShownUser> found;
  const bool is_there = in_redis->has_value();
  if (is_there) {
    found.push_back(
        {*name, AuthenticatorKind::kRedis, **std::move(in_redis), deciderOf(users, *name, true) == Decider::kRedis});
  }
  for (ShownUser& user : usersInFile(users, [is_there](const std::string&) { return is_there; }))
    if (user.name == *name) found.push_back(std::move(user));
  if (found.empty()) return fail(options, EX_NOUSER, "there is no user " + *name);
  SessionSearch search(**site);
  for (const ShownUser& user : found) {
    const std::string id = member(user.entry, "id");
    const auto sessions = search.ofUser(id, false);
    if (!sessions) return failStore(options, sessions.error());
    if (options.json) {
      std::printf("%s\n", JsonObject()
                              .flag("ok", true)
                              .raw("user", jsonOf(user))
                              .number("sessions", static_cast<std::int64_t>(sessions->size()))
                              .json()
                              .c_str());
      return EX_OK;
    }
    printTable({"", ""},
               {{"name", user.name},
                {"from", user.from == AuthenticatorKind::kRedis ? "Redis" : (*site)->config.login.htpasswd_file},
                {"state", stateInWords(user)},
                {"id", id},
                {"called", member(user.entry, "name")},
                {"email", member(user.entry, "email")},
                {"roles", member(user.entry, "roles")},
                {"password", hashKindOf(user.entry)},
                {"sessions", std::to_string(sessions->size())}});
  }
  return EX_OK;
}

}  // namespace sessiond::ctl
