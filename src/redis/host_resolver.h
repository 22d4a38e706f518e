// HostResolver: turns the host in redis.url into addresses without ever waiting longer than a caller can.
//
// getaddrinfo() has no deadline: with a name server that is silent it blocks for ten seconds and more. So names are
// looked up by a thread of their own while callers wait up to their deadlines; literal addresses need no thread.
// A name is looked up anew for every connection, since a failover may have moved it.

#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/expected.h"

namespace sessiond {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

/// Thread-safe. Destruction waits for a lookup that is under way.
class HostResolver {
 public:
  HostResolver(std::string host, std::uint16_t port);
  ~HostResolver();
  HostResolver(const HostResolver&) = delete;
  HostResolver& operator=(const HostResolver&) = delete;

  /// The host's addresses, at least one, in the order to be tried; or a message. Callers that come while a lookup
  /// runs share its result.
  Expected<std::vector<SocketAddress>, std::string> resolve(SteadyTime deadline);

 private:
  using Result = Expected<std::vector<SocketAddress>, std::string>;

  Result lookUp(int flags) const;
  void run(const std::stop_token& stop);

  const std::string host_;
  const std::uint16_t port_;
  std::vector<SocketAddress> literal_;  // set once, in the constructor

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::uint64_t wanted_ = 0;  // guarded by mutex_: number of the newest lookup that somebody asked for
  std::uint64_t done_ = 0;    // guarded by mutex_: number of the newest lookup that has ended
  Result result_;             // guarded by mutex_: of lookup done_
  std::jthread thread_;       // last: it uses all of the above; not started for a literal address
};

}  // namespace sessiond
