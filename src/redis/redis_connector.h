// RedisConnector: opens the socket to the one server that redis.url names, within a deadline.
//
// hiredis could connect too, but it resolves names without a deadline, gives every address of a name the whole
// timeout again, blocks on a unix socket whose queue is full, and cannot leave a handshake to somebody's event loop.

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/expected.h"
#include "base/unique_fd.h"
#include "redis/host_resolver.h"
#include "redis/link.h"
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
  /// A link over a connected socket (TCP: no delay, keep-alive), whose handshake is still to be gone through. A
  /// message: it is not connected.
  static Expected<std::unique_ptr<Link>, std::string> finish(UniqueFd socket);
  /// What to say when the time is up in the middle of a handshake.
  static std::string handshakeTimeout();

  /// A link whose handshake is done, or a message.
  Expected<std::unique_ptr<Link>, std::string> connect(SteadyTime deadline);

 private:
  Expected<std::unique_ptr<Link>, std::string> connectTo(const SocketAddress& address, SteadyTime deadline) const;

  const Clock& clock_;
  std::optional<SocketAddress> socket_;  // of a unix socket
  std::optional<HostResolver> resolver_;
};

/// poll(2) for one descriptor until `deadline`, through interruptions. False when the time is up.
bool waitFor(int fd, short events, SteadyTime deadline, const Clock& clock);

}  // namespace sessiond
