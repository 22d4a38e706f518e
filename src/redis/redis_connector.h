// RedisConnector: opens sockets to the server at one address, within a deadline.
//
// hiredis could connect too, but it resolves names without a deadline, gives every address of a name the whole
// timeout again, blocks on a unix socket whose queue is full, and cannot leave a handshake to somebody's event loop.

#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/expected.h"
#include "base/guarded.h"
#include "base/unique_fd.h"
#include "os/host_resolver.h"
#include "redis/connection_error.h"
#include "redis/link.h"
#include "redis/redis_address.h"
#include "redis/redis_settings.h"

namespace sessiond {

class TlsPeer;

/// Thread-safe; must outlive the links that it makes.
class RedisConnector {
 public:
  /// REQUIRES: where the address asks for TLS, tls.context is there.
  RedisConnector(const RedisAddress& address, const TlsSettings& tls, const Clock& clock);
  ~RedisConnector();

  // For those who wait for nothing, in steps.

  /// The host's addresses, at least one, or a message; nullopt: not found yet, ask again with the same `ticket`, which
  /// is 0 at first.
  std::optional<ResolvedAddresses> lookUp(std::uint64_t& ticket);
  /// A socket that is being connected: it can be written when it is, or has failed.
  static Expected<UniqueFd, std::string> begin(const SocketAddress& address);
  /// A link over a connected socket (TCP: no delay, keep-alive), whose handshake is still to be gone through. A
  /// message: it is not connected.
  Expected<std::unique_ptr<Link>, std::string> finish(UniqueFd socket);
  /// One step of the handshake, as Link::handshake() says.
  Link::State shakeHands(Link& link);
  /// The time is up in the middle of a handshake.
  ConnectionError handshakeTimeout() const;

  // Of a name (name_watch.h).

  /// Is the address a name, which may lead elsewhere some time?
  bool isNamed() const { return resolver_ && resolver_->isOfName(); }
  /// The addresses behind the name that connections were made to.
  std::set<std::string> peers() { return *peers_.lock(); }
  /// From now on only those that are made to from now on.
  void forgetPeers() { peers_.lock()->clear(); }

  /// A link whose handshake is done.
  Expected<std::unique_ptr<Link>, ConnectionError> connect(SteadyTime deadline);

 private:
  void notePeer(int fd);
  Expected<std::unique_ptr<Link>, ConnectionError> connectTo(const SocketAddress& address, SteadyTime deadline);

  const Clock& clock_;
  std::optional<SocketAddress> socket_;  // of a unix socket
  std::optional<HostResolver> resolver_;
  Guarded<std::set<std::string>> peers_;
  const std::string_view tls_asked_by_;
  std::unique_ptr<TlsPeer> tls_;      // null: no TLS
  std::atomic<bool> shaken_ = false;  // a handshake has succeeded
};

ConnectionError unreachableError(std::string text);

/// poll(2) for one descriptor until `deadline`, through interruptions. False when the time is up.
bool pollUntil(int fd, short events, SteadyTime deadline, const Clock& clock);

}  // namespace sessiond
