// redis.url taken apart: redis://[user@]host[:port][/db] or unix://path[?db=N].

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/expected.h"

namespace sessiond {

struct RedisAddress {
  std::string host;  ///< empty for a unix socket; an IPv6 address without its brackets
  std::uint16_t port = 0;
  std::string unix_path;  ///< absolute; empty for TCP
  std::string user;
  std::uint32_t database = 0;
};

/// The error is a message that says what is wrong, such as "must not hold a password: ...".
Expected<RedisAddress, std::string> parseRedisUrl(std::string_view url);

}  // namespace sessiond
