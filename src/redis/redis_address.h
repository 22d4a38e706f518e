// The address in redis.url: which server, how to reach it, which database.
//
//   redis://[user@]host[:port][/database]     redis://sessiond@[::1]:6380/2
//   rediss://...                              the same, with TLS
//   unix://path[?db=database]                 unix:///run/redis/redis.sock?db=2
//
// The password is not part of it: an address is shown in logs and process lists, a password comes from a file.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/expected.h"

namespace sessiond {

struct RedisAddress {
  std::string socket_path;  ///< not empty: a unix socket, and host and port mean nothing
  std::string host;         ///< name or literal address, without brackets
  std::uint16_t port = 6379;
  std::string user;  ///< percent-decoded; empty: none named
  std::uint32_t database = 0;
  bool tls = false;

  /// For logs and messages: "127.0.0.1:6379", "[::1]:6379" or the path.
  std::string name() const;
};

/// Pure. The error is a message without the option's name: `has no host; write redis://host:port/database`.
/// It never repeats the userinfo, which may hold a password that does not belong there.
Expected<RedisAddress, std::string> parseRedisUrl(std::string_view url);
/// That of a server by its name, as RedisAddress::name() has it: "redis://[::1]:6379".
std::string redisUrlOf(std::string_view name, bool tls);

}  // namespace sessiond
