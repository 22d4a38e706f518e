// Replies of a server, for tests to lay ready.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "redis/redis_reply.h"

namespace sessiond {

inline RedisReply nil() {
  return {};
}

inline RedisReply text(const std::string& bytes) {
  return {.type = RedisReply::Type::kString, .text = bytes, .elements = {}};
}

inline RedisReply status(const std::string& word) {
  return {.type = RedisReply::Type::kStatus, .text = word, .elements = {}};
}

inline RedisReply error(const std::string& words) {
  return {.type = RedisReply::Type::kError, .text = words, .elements = {}};
}

inline RedisReply number(std::int64_t value) {
  return {.type = RedisReply::Type::kInteger, .integer = value, .text = {}, .elements = {}};
}

inline RedisReply list(std::vector<RedisReply> elements) {
  return {.type = RedisReply::Type::kArray, .text = {}, .elements = std::move(elements)};
}

/// To HELLO 2; empty: the role is not told.
inline RedisReply helloOf(const std::string& role) {
  return list({status("role"), status(role)});
}

}  // namespace sessiond
