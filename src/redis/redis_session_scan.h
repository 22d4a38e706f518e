// RedisSessionScan: all sessions of one server, among its keys: for commands that somebody waits for, never for daily
// work.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "redis/redis_access.h"
#include "redis/redis_keys.h"
#include "session/everybody_ender.h"

namespace sessiond {

/// Not thread-safe. Waits for the server.
class RedisSessionScan final : public SessionScan {
 public:
  /// Both must outlive it.
  RedisSessionScan(RedisAccess& client, const RedisKeys& keys) : client_(client), keys_(keys) {}

  Expected<Page, StoreError> page(std::string_view from) override;

  /// How many keys of all kinds have been passed, about.
  std::uint64_t passed() const { return passed_; }
  /// How many there are; absent: the server does not say.
  std::optional<std::uint64_t> all();

 private:
  RedisAccess& client_;
  const RedisKeys& keys_;
  std::uint64_t passed_ = 0;
};

}  // namespace sessiond
