// Users out of a file in the form of htpasswd, all or none of them.

#include <sysexits.h>

#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "json/json_tree.h"
#include "login/htpasswd_parser.h"
#include "sessionctl/commands.h"
#include "sessionctl/users.h"

namespace sessiond::ctl {
namespace {

UserFields fieldsOf(const std::string& user_json) {
  UserFields fields;
  const auto tree = JsonTree::parse(user_json);
  if (!tree) return fields;
  const auto text = [&](std::string_view name) {
    const auto member = tree->root().member(name);
    return member && member->kind() == JsonKind::kString ? std::string(member->text()) : "";
  };
  fields.id = text("id");
  fields.name = text("name");
  fields.email = text("email");
  if (const auto roles = tree->root().member("roles")) {
    for (const JsonChild role : roles->children()) fields.roles.emplace_back(role.value.text());
  }
  return fields;
}

void auditImport(const Users& users, const NewUser& user) {
  auditChange(users, user.name, "import");
}

/// Who was not there before and is there just like that has been added here, too: of an answer that was lost, it was
/// asked for again.
bool isAdded(UserAddition before, UserAddition now) {
  return now == UserAddition::kAdded || (before == UserAddition::kAdded && now == UserAddition::kSame);
}

/// Those that this run has added go again.
bool takeBack(Users& users, const std::vector<NewUser>& added, const std::vector<UserAddition>& additions) {
  bool all = true;
  for (std::size_t i = 0; i < additions.size(); ++i) {
    if (additions[i] != UserAddition::kAdded || users.editor.remove(added[i].name)) continue;
    auditImport(users, added[i]);
    all = false;
  }
  return all;
}

/// `before`: what was found of each before anything was added. `additions`: of as many as Redis has answered of; of the
/// others it is asked who is there now, if it can be.
int failHalfway(const CommonOptions& options, Users& users, const std::vector<NewUser>& all,
                const std::vector<UserAddition>& before, const std::vector<UserAddition>& additions) {
  std::size_t added = 0;
  const auto note = [&](std::size_t i, UserAddition now) {
    if (!isAdded(before[i], now)) return;
    auditImport(users, all[i]);
    ++added;
  };
  for (std::size_t i = 0; i < additions.size(); ++i) note(i, additions[i]);
  const auto rest = users.editor.canAdd(std::span(all).subspan(additions.size()));
  for (std::size_t i = 0; rest && i < rest->size(); ++i)
    if ((*rest)[i] == UserAddition::kSame) note(additions.size() + i, UserAddition::kSame);
  return fail(options, EX_TEMPFAIL,
              "Redis failed halfway: " + std::to_string(added) + " of " + std::to_string(all.size()) +
                  " users were added" + (rest ? "" : ", and it is not known whether more were") +
                  "; run it again with the same file: whoever is there already is left alone");
}

/// Who is in the way, one line each.
std::vector<std::string> takenIn(const std::vector<NewUser>& users, const std::vector<UserAddition>& additions) {
  std::vector<std::string> taken;
  for (std::size_t i = 0; i < additions.size(); ++i) {
    if (additions[i] == UserAddition::kTaken)
      taken.push_back("user \"" + users[i].name + "\" is in Redis already, and not the same");
  }
  return taken;
}

}  // namespace

int userImport(const CommonOptions& options, const UserOptions& which) {
  const auto site = openRedis(options);
  if (!site) return site.error();
  Users users(**site);
  constexpr std::size_t kLargest = std::size_t{64} * 1024 * 1024;
  const auto contents = readFile(which.file, kLargest);
  if (!contents) return fail(options, EX_NOINPUT, which.file + ": " + contents.error());
  const HtpasswdContent content = parseHtpasswd(contents->bytes, which.file, users.nameCase());
  if (!content.problems.empty()) {
    return fail(options, EX_DATAERR, "no user was added: " + which.file + " has bad lines", content.problems);
  }
  std::vector<NewUser> all;
  all.reserve(content.users.size());
  for (const HtpasswdLine& line : content.users)
    all.push_back({line.login, hashOf(line.entry.password_hash, fieldsOf(line.entry.user.json), false)});
  const auto possible = users.editor.canAdd(all);
  if (!possible) return failStore(options, possible.error());
  if (const auto taken = takenIn(all, *possible); !taken.empty()) {
    return fail(options, EX_CANTCREAT, "no user was added: some are there already, and `user import` changes nobody",
                taken);
  }
  std::vector<UserAddition> done;
  if (!users.editor.add(all, done)) return failHalfway(options, users, all, *possible, done);
  if (const auto taken = takenIn(all, done); !taken.empty()) {
    const bool is_undone = takeBack(users, all, done);
    return fail(options, EX_CANTCREAT,
                is_undone ? "no user was added: somebody else added users meanwhile"
                          : "somebody else added users meanwhile, and what was added here could not be taken back",
                taken);
  }
  std::int64_t added = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!isAdded((*possible)[i], done[i])) continue;
    auditImport(users, all[i]);
    ++added;
  }
  const auto same = static_cast<std::int64_t>(all.size()) - added;
  if (options.json) {
    std::printf("%s\n", JsonObject().flag("ok", true).number("added", added).number("unchanged", same).json().c_str());
  } else {
    sayDone(std::to_string(added) + " added" + (same == 0 ? "" : ", " + std::to_string(same) + " were there already"));
  }
  return EX_OK;
}

}  // namespace sessiond::ctl
