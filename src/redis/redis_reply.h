// RedisReply: one answer of the server, as a plain value of our own, so that hiredis stays inside this room.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sessiond {

struct RedisReply {
  enum class Type { kNil, kString, kStatus, kInteger, kError, kArray };

  Type type = Type::kNil;
  std::int64_t integer = 0;
  std::string text;  ///< of a string, status or error
  std::vector<RedisReply> elements;
};

/// The replies of a pipeline, in the order of its commands.
using RedisReplies = std::vector<RedisReply>;

}  // namespace sessiond
