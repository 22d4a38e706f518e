#include "redis/key_scan.h"

#include <utility>

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
  RedisCommands commands;
  commands.add({"SCAN", cursor_, "MATCH", patternOf(prefix_), "COUNT", std::to_string(kPage)});
  RedisReplies replies;
  if (auto done = client_.pipeline(commands, Repeat::kSafe, replies); !done) return Unexpected(done.error());
  RedisReply& reply = replies[0];
  if (reply.type == Type::kError) return Unexpected(storeErrorOf(reply));
  if (reply.type != Type::kArray || reply.elements.size() != 2) return Unexpected(StoreError::kUnavailable);
  begun_ = true;
  passed_ += kPage;
  cursor_ = reply.elements[0].text;
  std::vector<std::string> keys;
  for (RedisReply& key : reply.elements[1].elements)
    if (key.text.starts_with(prefix_)) keys.push_back(std::move(key.text));
  return Page(std::move(keys));
}

std::optional<std::uint64_t> KeyScan::all() {
  RedisCommands commands;
  commands.add({"DBSIZE"});
  RedisReplies replies;
  if (!client_.pipeline(commands, Repeat::kSafe, replies) || replies[0].type != Type::kInteger) return std::nullopt;
  return static_cast<std::uint64_t>(replies[0].integer);
}

}  // namespace sessiond
