// RedisReply: one answer of the server, as a plain value of our own, so that hiredis stays inside this room.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sessiond {

struct RedisReply {
  enum class Type { kNil, kString, kStatus, kInteger, kError, kArray };

  Type type = Type::kNil;
  std::int64_t integer = 0;
  std::string text;  ///< of a string, status or error
  std::vector<RedisReply> elements;
};

/// What stands behind `name` in a flat list of names and values, as HELLO 2 and SENTINEL answer; empty: there is none.
std::string_view fieldOf(const RedisReply& list, std::string_view name);
/// The same of lines "name:value", as INFO and CLUSTER INFO answer.
std::string_view fieldOf(std::string_view lines, std::string_view name);

/// The replies of a pipeline, in the order of its commands.
using RedisReplies = std::vector<RedisReply>;

}  // namespace sessiond
