// RedisFacts: what a Redis server says of itself, as far as its user may ask.

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "redis/redis_client.h"

namespace sessiond::ctl {

/// A plain value.
struct RedisFacts {
  std::string server;                              ///< its address
  std::map<std::string, std::string> info;         ///< of INFO; empty: it may not be asked for
  std::optional<std::string> saves;                ///< CONFIG GET save; absent: it may not be asked for
  std::optional<std::string> acl_file;             ///< CONFIG GET aclfile, the same
  std::optional<std::chrono::milliseconds> ahead;  ///< its clock before ours

  std::string value(const std::string& name) const;
  std::optional<std::int64_t> number(const std::string& name) const;
};

/// Whom redis.user and redis.password_file make of sessiond.
std::string userInRedis(const RedisSettings& settings);
/// Do they, by what is set, speak TLS?
bool usesTls(const RedisSettings& settings);
/// The number of the database that has the keys.
std::uint32_t databaseOf(const RedisSettings& settings);
/// The server that they name; of several the first, and "" where only sentinels know.
std::string namedServer(const RedisSettings& settings);
/// Does this server ask whoever does not say who it is for a password?
bool asksForPassword(const RedisSettings& settings, const std::string& server, const Clock& clock,
                     MetricsRegistry& metrics);

/// Of each server that has keys and answers. Waits, on connections of its own.
std::vector<RedisFacts> askOfRedis(RedisAccess& redis, const Clock& clock);

}  // namespace sessiond::ctl
