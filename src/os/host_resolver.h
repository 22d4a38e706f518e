// HostResolver: turns a host's name into addresses without ever waiting longer than a caller can.
//
// getaddrinfo() has no deadline: with a name server that is silent it blocks for ten seconds and more. So names are
// looked up by a thread of their own while callers wait up to their deadlines; literal addresses need no thread.
// A name is looked up anew for every connection, since a failover may have moved it.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "os/socket_address.h"

namespace sessiond {

/// Thread-safe. Destruction does not wait for a lookup that is under way: its thread, which nobody can end, is left to
/// itself and ends when getaddrinfo() does.
class HostResolver {
 public:
  HostResolver(std::string host, std::uint16_t port);
  /// `look_up` may block; it is called by the resolver's thread only, and may outlive the resolver.
  explicit HostResolver(std::function<ResolvedAddresses()> look_up);
  ~HostResolver();
  HostResolver(const HostResolver&) = delete;
  HostResolver& operator=(const HostResolver&) = delete;

  /// Is it a name, which may lead elsewhere some time?
  bool isOfName() const { return lookups_ != nullptr; }
  /// The host's addresses, at least one, in the order to be tried; or a message. Callers that come while a lookup
  /// runs share its result.
  ResolvedAddresses resolve(SteadyTime deadline);
  /// The same without waiting: nullopt while the lookup runs, which is to be asked for again by the `ticket` of the
  /// first call, where it is 0.
  std::optional<ResolvedAddresses> lookUp(std::uint64_t& ticket);

 private:
  /// What the resolver and its thread have to do with each other; belongs to both.
  struct Lookups {
    explicit Lookups(std::function<ResolvedAddresses()> how) : look_up(std::move(how)) {}

    const std::function<ResolvedAddresses()> look_up;
    std::mutex mutex;
    std::condition_variable changed;
    // All guarded by the mutex.
    std::uint64_t wanted = 0;  ///< number of the newest lookup that somebody asked for
    std::uint64_t done = 0;    ///< number of the newest lookup that has ended
    ResolvedAddresses result = Unexpected(std::string("not looked up yet"));  ///< of lookup `done`
    bool over = false;
    bool has_thread = false;  ///< that looks up
  };

  static void run(Lookups& lookups);
  bool hasThread();
  std::uint64_t want();

  std::vector<SocketAddress> literal_;  // set once, in the constructor
  std::shared_ptr<Lookups> lookups_;    // of a name; null for a literal address
};

}  // namespace sessiond
