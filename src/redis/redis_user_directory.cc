#include "redis/redis_user_directory.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "json/json_repair.h"
#include "json/json_tree.h"
#include "login/password_hash.h"
#include "login/password_tag.h"

namespace sessiond {
namespace {

using Type = RedisReply::Type;
using Found = Expected<std::optional<UserEntry>, DirectoryError>;

/// All fields of one user together; whatever is larger is no user.
constexpr std::size_t kMaxEntryBytes = 64 * 1024;
constexpr std::size_t kFields = 6;

Found damaged(std::string_view problem) {
  return std::optional(UserEntry{.damage = std::string(problem)});
}

bool isYes(std::string_view text) {
  return !text.empty() && text != "0" && text != "false";
}

/// The elements of a JSON array of strings.
std::optional<std::vector<std::string>> parseRoles(std::string_view json) {
  if (!isReadAsItStands(json)) return std::nullopt;
  const auto tree = JsonTree::parse(json);
  if (!tree || tree->root().kind() != JsonKind::kArray) return std::nullopt;
  std::vector<std::string> roles;
  for (const JsonChild child : tree->root().children()) {
    if (child.value.kind() != JsonKind::kString) return std::nullopt;
    roles.emplace_back(child.value.text());
  }
  return roles;
}

/// `fields`: password, id, name, email, roles, disabled; nil where the hash has none.
Found entryOf(std::string_view name, const std::vector<RedisReply>& fields) {
  const auto is_absent = [](const RedisReply& field) { return field.type == Type::kNil; };
  if (std::all_of(fields.begin(), fields.end(), is_absent)) return std::optional<UserEntry>();
  std::size_t bytes = 0;
  for (const RedisReply& field : fields) {
    if (!is_absent(field) && field.type != Type::kString) return Unexpected(DirectoryError::kUnavailable);
    bytes += is_absent(field) ? 0 : field.text.size();
  }
  if (bytes > kMaxEntryBytes) return damaged("larger than 64 KiB");
  const auto text = [&](std::size_t field) { return is_absent(fields[field]) ? std::string() : fields[field].text; };
  const std::string password = text(0);
  if (password.empty()) return damaged("no password");
  UserFields user{.id = text(1), .name = text(2), .email = text(3), .roles = {}};
  if (user.id.empty()) user.id = name;
  if (user.name.empty()) user.name = name;
  for (const std::string& value : {user.id, user.name, user.email})
    if (!isValidUtf8(value)) return damaged("id, name or email is no UTF-8");
  if (const std::string json = text(4); !json.empty()) {
    auto roles = parseRoles(json);
    if (!roles) return damaged("roles is no JSON array of strings");
    user.roles = *std::move(roles);
  }
  UserEntry entry{.password_hash = password, .user = makeUser(user), .locked = isYes(text(5))};
  entry.user.auth = redisAuth(passwordTag(name, password));
  return std::optional(std::move(entry));
}

}  // namespace

std::uint64_t standingTag(std::string_view name, const RedisReply& password, const RedisReply& disabled) {
  const bool locked = disabled.type == Type::kString && isYes(disabled.text);
  if (locked || password.type != Type::kString || isLockedHash(password.text)) return 0;
  return passwordTag(name, password.text);
}

Found RedisUserDirectory::find(std::string_view name) {
  RedisCommands commands;
  commands.add({"HMGET", keys_.user(name), "password", "id", "name", "email", "roles", "disabled"});
  RedisReplies replies;
  if (!client_.pipeline(commands, Repeat::kSafe, replies)) return Unexpected(DirectoryError::kUnavailable);
  const RedisReply& reply = replies[0];
  if (storeErrorOf(reply) == StoreError::kCorrupt) return damaged("the key is no hash");
  if (reply.type != Type::kArray || reply.elements.size() != kFields) return Unexpected(DirectoryError::kUnavailable);
  return entryOf(name, reply.elements);
}

}  // namespace sessiond
