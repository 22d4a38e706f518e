// RedisConnector: opens the socket to the one server that redis.url names, within a deadline.
//
// hiredis could connect too, but it resolves names without a deadline, gives every address of a name the whole
// timeout again, and blocks on a unix socket whose queue is full.

#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/expected.h"
#include "base/unique_fd.h"
#include "redis/host_resolver.h"
#include "redis/redis_address.h"

namespace sessiond {

/// Thread-safe.
class RedisConnector {
 public:
  RedisConnector(const RedisAddress& address, const Clock& clock);

  // For those who wait for nothing, in steps.

  /// The host's addresses, at least one, or a message; nullopt: not found yet, ask again with the same `ticket`, which
  /// is 0 at first.
  std::optional<ResolvedAddresses> lookUp(std::uint64_t& ticket);
  /// A socket that is being connected: it can be written when it is, or has failed.
  static Expected<UniqueFd, std::string> begin(const SocketAddress& address);
  /// Makes a connected socket what connect() gives. A message: it is not connected.
  static std::optional<std::string> finish(int fd);

  /// A connected stream socket in blocking mode (close-on-exec; TCP: no delay, keep-alive), or a message.
  Expected<UniqueFd, std::string> connect(SteadyTime deadline);

 private:
  Expected<UniqueFd, std::string> connectTo(const SocketAddress& address, SteadyTime deadline) const;

  const Clock& clock_;
  std::optional<SocketAddress> socket_;  // of a unix socket
  std::optional<HostResolver> resolver_;
};

/// poll(2) for one descriptor until `deadline`, through interruptions. False when the time is up.
bool waitFor(int fd, short events, SteadyTime deadline, const Clock& clock);

}  // namespace sessiond
