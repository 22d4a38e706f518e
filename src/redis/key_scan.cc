#include "redis/key_scan.h"

#include <utility>

#include "redis/key_pattern.h"
#include "redis/redis_client.h"

namespace sessiond {

namespace {

using Type = RedisReply::Type;

std::vector<std::string> namesOf(const std::vector<RedisClient*>& servers) {
  std::vector<std::string> names;
  names.reserve(servers.size());
  for (RedisClient* const server : servers) names.push_back(server->node().server());
  return names;
}

}  // namespace

Expected<std::optional<std::vector<std::string>>, StoreError> KeyScan::next() {
  using Page = std::optional<std::vector<std::string>>;
  if (begun_ && cursor_ == kEnd) return Page();
  const std::vector<RedisClient*> servers = client_.servers();
  if (servers.empty()) return Unexpected(StoreError::kUnavailable);
  const std::vector<std::string> names = namesOf(servers);
  const ScanCursor place(cursor_, names);
  RedisCommands commands;
  commands.add({"SCAN", place.own(), "MATCH", keyPattern(prefix_), "COUNT", std::to_string(kPage)});
  RedisReplies replies;
  if (auto done = servers[place.server()]->pipeline(commands, Repeat::kSafe, replies); !done)
    return Unexpected(done.error());
  RedisReply& reply = replies[0];
  if (reply.type == Type::kError) return Unexpected(storeErrorOf(reply));
  if (reply.type != Type::kArray || reply.elements.size() != 2) return Unexpected(StoreError::kUnavailable);
  begun_ = true;
  passed_ += kPage;
  cursor_ = namesOf(servers) == names ? place.next(reply.elements[0].text) : std::string(ScanCursor::kAgain);
  std::vector<std::string> keys;
  for (RedisReply& key : reply.elements[1].elements)
    if (key.text.starts_with(prefix_)) keys.push_back(std::move(key.text));
  return Page(std::move(keys));
}

std::optional<std::uint64_t> KeyScan::all() {
  RedisCommands commands;
  commands.add({"DBSIZE"});
  const std::vector<RedisClient*> servers = client_.servers();
  if (servers.empty()) return std::nullopt;
  std::uint64_t all = 0;
  for (RedisClient* const server : servers) {
    RedisReplies replies;
    if (!server->pipeline(commands, Repeat::kSafe, replies) || replies[0].type != Type::kInteger) return std::nullopt;
    all += static_cast<std::uint64_t>(replies[0].integer);
  }
  return all;
}

}  // namespace sessiond
