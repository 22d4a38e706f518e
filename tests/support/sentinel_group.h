// SentinelGroup: three redis-servers, one of them the primary, and three sentinels that watch them, all real, on free
// loopback ports.
//
// When the constructor returns, both replicas follow and every sentinel knows all others, so that a failover can begin.
// What takes longer than ten seconds ends the test process.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/redis_server.h"

namespace sessiond {

/// Not thread-safe.
class SentinelGroup {
 public:
  struct Options {
    std::size_t servers = 3;
    std::size_t sentinels = 3;
    /// A primary that was not heard for so long is failed over, in milliseconds.
    int down_after = 500;
    bool tls = false;  ///< and nothing else
    std::vector<std::string> server_configuration = {};
    std::vector<std::string> sentinel_configuration = {};
    /// Name and password of a sentinels' user that may do everything, where the default user may not.
    std::pair<std::string, std::string> user = {};
  };

  SentinelGroup();
  explicit SentinelGroup(const Options& options);

  static constexpr const char* kMaster = "main";
  bool tls() const { return tls_; }
  /// host:port of each.
  std::vector<std::string> nodes() const;
  RedisServer& sentinel(std::size_t index) { return *sentinels_.at(index); }
  std::string sentinelCommand(std::size_t index, const std::vector<std::string>& arguments) const;
  RedisServer& server(std::size_t index) { return *servers_.at(index); }
  std::size_t servers() const { return servers_.size(); }

  /// Index of the server that the sentinels name; of the sentinels that answer, the highest epoch counts.
  std::size_t primary();
  RedisServer& primaryServer() { return server(primary()); }
  /// Waits until another one is named than `before`; its index.
  std::size_t failedOver(std::size_t before);
  /// Waits until all servers but one follow it, and sentinels know.
  void settle();

 private:
  std::string portOf(const RedisServer& server) const;
  void demoteOthers();
  void waitForReplicas();

  const bool tls_;
  const std::pair<std::string, std::string> user_;
  std::vector<std::unique_ptr<RedisServer>> servers_;
  std::vector<std::unique_ptr<RedisServer>> sentinels_;
};

}  // namespace sessiond
