#include "redis/key_scan.h"

#include <utility>

#include "base/parse.h"
#include "redis/redis_client.h"

namespace sessiond {

namespace {

using Type = RedisReply::Type;

/// For MATCH: whatever begins so.
std::string patternOf(std::string_view prefix) {
  std::string pattern;
  for (const char c : prefix) {
    if (std::string_view("*?[]^-\\").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern + "*";
}

}  // namespace

Expected<std::optional<std::vector<std::string>>, StoreError> KeyScan::next() {
  using Page = std::optional<std::vector<std::string>>;
  if (begun_ && cursor_ == kEnd) return Page();
  const std::string_view place = cursor_;
  const std::size_t colon = place.find(':');
  const bool is_later = colon != std::string_view::npos;
  const auto server = parseInteger<std::uint32_t>(is_later ? place.substr(0, colon) : std::string_view("0"));
  if (!server || *server >= servers_.size()) return Unexpected(StoreError::kUnavailable);
  RedisCommands commands;
  commands.add({"SCAN", is_later ? place.substr(colon + 1) : place, "MATCH", patternOf(prefix_), "COUNT",
                std::to_string(kPage)});
  RedisReplies replies;
  if (auto done = servers_[*server]->pipeline(commands, Repeat::kSafe, replies); !done) return Unexpected(done.error());
  RedisReply& reply = replies[0];
  if (reply.type == Type::kError) return Unexpected(storeErrorOf(reply));
  if (reply.type != Type::kArray || reply.elements.size() != 2) return Unexpected(StoreError::kUnavailable);
  begun_ = true;
  passed_ += kPage;
  goOn(*server, reply.elements[0].text);
  std::vector<std::string> keys;
  for (RedisReply& key : reply.elements[1].elements)
    if (key.text.starts_with(prefix_)) keys.push_back(std::move(key.text));
  return Page(std::move(keys));
}

void KeyScan::goOn(std::size_t server, const std::string& cursor) {
  if (cursor == kEnd) {
    cursor_ = server + 1 == servers_.size() ? std::string(kEnd) : std::to_string(server + 1) + ":" + std::string(kEnd);
  } else {
    cursor_ = server == 0 ? cursor : std::to_string(server) + ":" + cursor;
  }
}

std::optional<std::uint64_t> KeyScan::all() {
  RedisCommands commands;
  commands.add({"DBSIZE"});
  if (servers_.empty()) return std::nullopt;
  std::uint64_t all = 0;
  for (RedisClient* const server : servers_) {
    RedisReplies replies;
    if (!server->pipeline(commands, Repeat::kSafe, replies) || replies[0].type != Type::kInteger) return std::nullopt;
    all += static_cast<std::uint64_t>(replies[0].integer);
  }
  return all;
}

}  // namespace sessiond
