#include "redis/redis_session_scan.h"

#include "redis/key_scan.h"

namespace sessiond {
namespace {

using Type = RedisReply::Type;

}  // namespace

RedisSessionScan::RedisSessionScan(RedisClient& client, const RedisKeys& keys)
    : client_(client), prefix_(keys.sessions()), pattern_(patternOf(prefix_)) {}

Expected<SessionScan::Page, StoreError> RedisSessionScan::page(std::string_view from) {
  RedisCommands commands;
  commands.add({"SCAN", from, "MATCH", pattern_, "COUNT", kKeysAPage});
  RedisReplies replies;
  if (auto done = client_.pipeline(commands, Repeat::kSafe, replies); !done) return Unexpected(done.error());
  const RedisReply& reply = replies[0];
  if (reply.type == Type::kError) return Unexpected(storeErrorOf(reply));
  if (reply.type != Type::kArray || reply.elements.size() != 2) return Unexpected(StoreError::kUnavailable);
  Page page{.ids = {}, .next = reply.elements[0].text};
  for (const RedisReply& key : reply.elements[1].elements) {
    if (auto id = SessionId::fromBytes(std::string_view(key.text).substr(prefix_.size()))) {
      page.ids.push_back(*std::move(id));
    }
  }
  return page;
}

}  // namespace sessiond
