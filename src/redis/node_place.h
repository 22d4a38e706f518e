// NodePlace: where a node is for the time being.
//
// A single server stays where redis.url says. The primary behind sentinels moves: with each move a *term* begins, and
// what was connected in an earlier one leads to a server that is the node no longer, however well it answers. So it is
// when the place is a name, and that leads elsewhere from now on (name_watch.h).
// Connectors stay, since links need them, and a primary comes back to where it was; what they know of the addresses
// that connections were made to is of the present term.

#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "redis/redis_address.h"
#include "redis/redis_connector.h"

namespace sessiond {

/// Thread-safe.
class NodePlace {
 public:
  struct Known {
    std::string name;               ///< of the address, for logs
    std::string told_by;            ///< the sentinel that named it; empty: the configuration did
    std::string_view tls_asked_by;  ///< TCP without TLS: the option that would ask for it; empty: anything else
    std::uint64_t term = 0;
    RedisConnector* connector = nullptr;  ///< as long as the node is there
  };
  using Ref = std::shared_ptr<const Known>;
  /// Why nobody says where it is.
  struct Refusal {
    std::string why;        ///< a whole log message; empty: it may be said
    bool may_pass = false;  ///< they do not know it, or not yet; otherwise not before a configuration is changed
  };

  /// `name_until_known`: whose it is to say where it is.
  explicit NodePlace(std::string name_until_known) : name_until_known_(std::move(name_until_known)) {}

  /// For logs and messages: its address; or whose it is to say it.
  std::string name() const;
  /// Null: it is not known yet.
  Ref present() const;
  /// Waits until it is known or the time is up.
  Ref wait(SteadyTime deadline) const;
  std::uint64_t term() const { return term_.load(std::memory_order_acquire); }

  void setRefusal(Refusal refusal);
  /// Empty also once it is known.
  Refusal refusal() const;

  /// A term begins at the same place. False: another one than `term` has begun already.
  bool renew(std::uint64_t term);
  /// A term begins.
  void moveTo(const RedisAddress& address, std::string told_by, const TlsSettings& tls, const Clock& clock);

 private:
  const std::string name_until_known_;
  mutable std::mutex mutex_;
  mutable std::condition_variable known_;
  Ref present_;                                                        // guarded by mutex_
  Refusal refusal_;                                                    // guarded by mutex_
  std::map<std::string, std::unique_ptr<RedisConnector>> connectors_;  // guarded by mutex_; by address
  std::atomic<std::uint64_t> term_ = 0;
};

}  // namespace sessiond
