// RedisSessionScan: all sessions of one server, by SCAN: for commands that somebody waits for, never for daily work.

#pragma once

#include <string>
#include <string_view>

#include "redis/redis_client.h"
#include "redis/redis_keys.h"
#include "session/everybody_ender.h"

namespace sessiond {

class RedisSessionScan final : public SessionScan {
 public:
  /// `client` must outlive it.
  RedisSessionScan(RedisClient& client, const RedisKeys& keys);

  Expected<Page, StoreError> page(std::string_view from) override;

  /// As many keys as the server looks at for one page.
  static constexpr std::string_view kKeysAPage = "500";

 private:
  RedisClient& client_;
  const std::string prefix_;
  const std::string pattern_;
};

}  // namespace sessiond
