// RedisClient: runs pipelines against Redis, whatever the network does, within a budget of time.
//
// It keeps a pool of connections (as many as there are callers at one time), connects when there is none, tries once
// more where that is right, and asks nobody while the circuit breaker is open. What the stores above it see is an
// answer, or one of two reasons: kUnavailable, kTimeout.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "base/metrics.h"
#include "base/once_per.h"
#include "redis/redis_access.h"
#include "redis/redis_commands.h"
#include "redis/redis_connection.h"
#include "redis/redis_node.h"
#include "redis/redis_reply.h"
#include "redis/redis_settings.h"

namespace sessiond {

/// Thread-safe; for threads that may wait. No call takes longer than connect_timeout + command_timeout, and one that
/// needs no new connection, nor has an old one renewed, no longer than command_timeout.
class RedisClient final : public RedisAccess {
 public:
  /// Keeps what it needs of `config`. REQUIRES: as RedisNode's.
  RedisClient(const RedisSettings& config, std::string probe_key, const Clock& clock, MetricsRegistry& metrics);
  RedisClient(const RedisSettings& config, const Clock& clock, MetricsRegistry& metrics)
      : RedisClient(config, {}, clock, metrics) {}
  ~RedisClient() override;
  RedisClient(const RedisClient&) = delete;
  RedisClient& operator=(const RedisClient&) = delete;

  using RedisAccess::pipeline;
  using RedisAccess::replicate;
  /// Errors that speak of the whole server are kUnavailable.
  Expected<void, StoreError> pipeline(const RedisCommands& commands, Repeat repeat, RedisReplies& replies,
                                      SteadyTime deadline) override;
  Expected<std::uint32_t, StoreError> replicate(const RedisCommands& commands, Repeat repeat, RedisReplies& replies,
                                                std::uint32_t wanted, SteadyTime deadline) override;
  SteadyTime newDeadline() const override { return clock_.steadyNow() + node_.budget(); }

  /// A connection of the caller's own, outside the pool and whatever the breaker says: for a subscription. Greeted with
  /// success, it closes the breaker.
  Expected<std::unique_ptr<RedisConnection>, ConnectionError> dial();
  /// Closes the connections that are idle: what they lead to may not be what it was.
  void renew() { dropIdle(); }
  /// There is reason to, and it is done by the next renewIfDoubted(): whoever sees the reason may be in a hurry, and
  /// see it again and again.
  void doubt() { doubted_.store(true, std::memory_order_release); }
  void renewIfDoubted() {
    if (doubted_.exchange(false, std::memory_order_acq_rel)) renew();
  }
  /// What is shared with connections that others have to the same server.
  RedisNode& node() { return node_; }

  /// While the breaker is open: no.
  bool reachable() override;
  StartupReport probe() override { return probe(newDeadline()); }
  /// The same until then: of several servers.
  StartupReport probe(SteadyTime deadline);
  std::vector<RedisClient*> servers() override { return {this}; }

 private:
  /// A connection, the generation of the pool that it belongs to, and when it is too old.
  struct Pooled {
    std::unique_ptr<RedisConnection> connection;
    std::uint64_t generation = 0;
    std::uint64_t term = 0;  ///< of the node's place
    SteadyTime renew_at;
    SteadyTime role_until;    ///< so long it is taken for the primary that it was shown to be
    bool tells_role = false;  ///< when it is asked; else a write has to show it
  };
  /// How many replicas a pipeline waits for, and how many had its writes; nothing: nothing was written here.
  struct Replication {
    std::uint32_t wanted = 0;
    std::optional<std::uint32_t> reached = {};
  };
  Expected<void, StoreError> pipeline(const RedisCommands& commands, Repeat repeat, RedisReplies& replies,
                                      SteadyTime start, SteadyTime deadline, Replication& replication);
  Expected<void, ConnectionError> attemptIfBelieved(const RedisCommands& commands, Repeat repeat, RedisReplies& replies,
                                                    SteadyTime start, SteadyTime deadline, Replication& replication);
  bool leadsToNode(const Pooled& pooled) { return pooled.term == node_.place().term(); }
  Expected<void, ConnectionError> attempt(const RedisCommands& commands, Repeat repeat, RedisReplies& replies,
                                          SteadyTime start, SteadyTime deadline, Replication& replication);
  /// Shows that it leads to a primary, if that was not shown a moment ago.
  Expected<void, ConnectionError> prove(Pooled& pooled, SteadyTime deadline);
  /// The successor of one that grows old, if there can be one; itself where nothing speaks against it. An error: it is
  /// not to be kept.
  Expected<Pooled, ConnectionError> renewIfDue(Pooled pooled, SteadyTime deadline);
  /// One that is idle, and leads to what is still a primary; none where there is no such connection.
  Expected<Pooled, ConnectionError> takeProven(SteadyTime deadline);
  /// What is to be done with a connection whose pipeline was answered. An error: by a server that is not the node any
  /// more, so that it counts as not answered.
  Expected<void, ConnectionError> conclude(Pooled& pooled, const RedisCommands& commands, const RedisReplies& replies,
                                           SteadyTime deadline, Replication& replication);
  std::uint32_t waitForReplicas(RedisConnection& connection, std::uint32_t wanted, SteadyTime deadline);
  StartupReport judgeWithoutHello(Pooled& connection, SteadyTime deadline);
  Expected<void, ConnectionError> exchange(Pooled& pooled, const RedisCommands& commands, RedisReplies& replies,
                                           SteadyTime now, SteadyTime deadline);
  Expected<Pooled, ConnectionError> connect(SteadyTime deadline);
  /// Was the server's role told?
  Expected<bool, ConnectionError> greet(RedisConnection& connection, bool plainly, SteadyTime deadline);
  Pooled takeIdle(SteadyTime now);
  void giveBack(Pooled pooled);
  /// The pool's connections lead to a server that is gone or is not what it was.
  void lose();
  void dropIdle();

  const Clock& clock_;
  RedisNode node_;
  std::atomic<std::uint64_t> generation_ = 0;
  std::atomic<bool> doubted_ = false;
  OncePer successors_{RedisNode::kSuccessorPause};
  Guarded<std::vector<Pooled>> idle_;
};

/// What it means at the start that a new connection to `server` has failed.
StartupReport reportOf(const ConnectionError& error, const std::string& server, std::string_view advice);

}  // namespace sessiond
