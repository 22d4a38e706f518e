#include "redis/redis_user_editor.h"

#include <algorithm>
#include <set>

#include "redis/error_reply.h"
#include "redis/key_scan.h"

namespace sessiond {
namespace {

using Type = RedisReply::Type;

// KEYS: user. ARGV: "add" or "look", then fields and values. 0: added, or could be; 1: there already, just like that;
// 2: there is another one, or something that is no user; an error: what is there cannot be told.
constexpr std::string_view kAddUserScript = R"lua(
if redis.call('EXISTS', KEYS[1]) == 0 then
  if ARGV[1] == 'add' then redis.call('HSET', KEYS[1], unpack(ARGV, 2)) end
  return 0
end
local kept = redis.pcall('HLEN', KEYS[1])
if type(kept) == 'table' then
  if string.find(kept.err, 'WRONGTYPE') then return 2 end
  return kept
end
if kept ~= (#ARGV - 1) / 2 then return 2 end
for i = 2, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[i]) ~= ARGV[i + 1] then return 2 end
end
return 1
)lua";

// KEYS: user. ARGV: fields and values; an empty value removes the field.
constexpr std::string_view kChangeScript = R"lua(
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
for i = 1, #ARGV, 2 do
  local done
  if ARGV[i + 1] == '' then
    done = redis.pcall('HDEL', KEYS[1], ARGV[i])
  else
    done = redis.pcall('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
  if type(done) == 'table' then return done end
end
return 1
)lua";

void appendFields(RedisCommands& commands, const UserHash& fields) {
  for (const auto& [field, value] : fields) {
    commands.argument(field);
    commands.argument(value);
  }
}

/// So many in one round trip.
constexpr std::size_t kPage = 64;

}  // namespace

Expected<void, StoreError> RedisUserEditor::run(std::span<const NewUser> users, std::string_view what,
                                                std::vector<UserAddition>& additions) {
  while (!users.empty()) {
    const auto page = users.first(std::min(kPage, users.size()));
    users = users.subspan(page.size());
    RedisCommands commands;
    for (const NewUser& user : page) {
      commands.beginScript(kAddUserScript, 1 + 2 * user.fields.size());
      commands.argument(keys_.user(user.name));
      commands.argument(what);
      appendFields(commands, user.fields);
    }
    RedisReplies replies;
    // Sent twice, what was added by the first is there just like that.
    if (auto done = client_.pipeline(commands, Repeat::kSafe, replies); !done) return Unexpected(done.error());
    for (const RedisReply& reply : replies) {
      if (reply.type != Type::kInteger) return Unexpected(storeErrorOf(reply));
      additions.push_back(static_cast<UserAddition>(std::clamp<std::int64_t>(reply.integer, 0, 2)));
    }
  }
  return {};
}

Expected<void, StoreError> RedisUserEditor::add(std::span<const NewUser> users, std::vector<UserAddition>& additions) {
  return run(users, "add", additions);
}

Expected<std::vector<UserAddition>, StoreError> RedisUserEditor::add(std::span<const NewUser> users) {
  std::vector<UserAddition> additions;
  if (auto done = run(users, "add", additions); !done) return Unexpected(done.error());
  return additions;
}

Expected<std::vector<UserAddition>, StoreError> RedisUserEditor::canAdd(std::span<const NewUser> users) {
  std::vector<UserAddition> additions;
  if (auto done = run(users, "look", additions); !done) return Unexpected(done.error());
  return additions;
}

Expected<bool, StoreError> RedisUserEditor::runOne(const RedisCommands& commands) {
  RedisReplies replies;
  if (auto done = client_.pipeline(commands, Repeat::kSafe, replies); !done) return Unexpected(done.error());
  if (replies[0].type != Type::kInteger) return Unexpected(storeErrorOf(replies[0]));
  return replies[0].integer == 1;
}

Expected<bool, StoreError> RedisUserEditor::change(const std::string& name, const UserHash& fields) {
  RedisCommands commands;
  commands.beginScript(kChangeScript, 2 * fields.size());
  commands.argument(keys_.user(name));
  appendFields(commands, fields);
  return runOne(commands);
}

Expected<bool, StoreError> RedisUserEditor::remove(const std::string& name) {
  RedisCommands commands;
  commands.add({"DEL", keys_.user(name)});
  return runOne(commands);
}

Expected<std::vector<std::string>, StoreError> RedisUserEditor::names() {
  std::set<std::string> names;
  KeyScan keys(client_, keys_.users());
  for (;;) {
    const auto page = keys.next();
    if (!page) return Unexpected(page.error());
    if (!*page) return std::vector<std::string>(names.begin(), names.end());
    for (const std::string& key : **page) names.insert(key.substr(keys_.users().size()));
  }
}

}  // namespace sessiond
