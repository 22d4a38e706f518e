// LaneChannel: a lane's own connection to one server, for whatever the lane asks it: one pipeline at a time.
//
// It connects when there is something to ask, tries once more where that is right (an idle connection had died, the
// server has become a replica), asks nobody while the circuit breaker is open, and ends within each deadline. In
// between, as long as checks are made, it writes canaries (canaries.h), four times within max_staleness, in a pipeline
// if one is sent anyway. Without canaries, that is without a cache, it asks as often whether the server is a primary;
// one that does not tell has to take a write as often, whatever else is written.
//
// A connection is given up after a minute at most: a proxy may lead elsewhere meanwhile. Before that, another
// one takes its place (lane_successor.h).

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/event_loop.h"
#include "base/expected.h"
#include "redis/canaries.h"
#include "redis/lane_connection.h"
#include "redis/lane_successor.h"
#include "redis/node_attempt.h"
#include "redis/redis_commands.h"
#include "redis/redis_reply.h"
#include "session/session_store.h"

namespace sessiond {

/// Of one lane's thread. What it is given outlives it.
class LaneChannel final : private LaneConnection::Owner, private EventLoop::Waiter {
 public:
  /// What somebody asks.
  class Query {
   public:
    /// Appends the commands, the same when asked again: they may have to be sent twice.
    virtual void write(RedisCommands& commands) = 0;
    /// `replies` from `first` on, one to each command, until this returns. `tracked`: they came over a connection to
    /// the server that invalidations come from, so they can be fresh.
    virtual void answered(RedisReplies& replies, std::size_t first, bool tracked) = 0;
    /// Nothing was answered, or nothing that is believed.
    virtual void failed(StoreError error) = 0;

   protected:
    ~Query() = default;
  };
  /// So many signs of life are given within max_staleness.
  static constexpr int kSignsWithinStaleness = 4;
  /// They are given as long as checks are made, and so many times max_staleness beyond.
  static constexpr int kUsedFor = 10;

  /// `canaries`: null where nothing is cached.
  LaneChannel(RedisNode& node, Canaries* canaries, std::chrono::milliseconds max_staleness, EventLoop& loop,
              const Clock& clock);
  ~LaneChannel();
  LaneChannel(const LaneChannel&) = delete;
  LaneChannel& operator=(const LaneChannel&) = delete;

  /// Ends in one call of the query, at `deadline` at the latest, perhaps before this returns. One at a time: the next
  /// one as soon as the query is told.
  void send(Query& query, SteadyTime deadline);
  /// Checks are being made, be it from memory: the server is worth being kept in touch with.
  void noteUse();

 private:
  /// What a pipeline carries beside the query, and how it is judged.
  struct Sign {
    std::size_t replies = 0;  ///< at the pipeline's beginning
    bool asks_role = false;   ///< HELLO 2 is the first of them
    std::string probe;        ///< then, whether writes are taken: the key; empty: not asked
    bool must_show = false;   ///< by that one, that the server is a primary
    std::string canary;       ///< then this one is written; empty: none
    std::size_t canary_at = 0;
    std::string before;  ///< then the one before is read back; empty: there is none
    SteadyTime sent;
  };

  void opened() override;
  void answered() override;
  void failed(const ConnectionError& error) override;
  void onEvent() override {}
  void onTime() override;

  void start();
  void open();
  void renewIfDue(SteadyTime now);
  void transmit();
  void writeSign();
  /// Are the answers believed? An error: they are not the node's, and why.
  Expected<bool, ConnectionError> judgeSign();
  void leave(const ConnectionError& reason);
  void judgeCanary();
  void missCanaries(SteadyTime now);
  bool isTracked(SteadyTime now) const;
  bool isOutdated(SteadyTime now) const;
  void finish(StoreError error);

  RedisNode& node_;
  Canaries* const canaries_;
  EventLoop& loop_;
  const Clock& clock_;
  const std::chrono::milliseconds interval_;  ///< between two signs of life
  LaneConnection connection_;
  LaneSuccessor successor_;

  // Of the query.
  Query* query_ = nullptr;
  SteadyTime deadline_;
  std::optional<NodeAttempt> asked_;
  bool retried_ = false;
  bool carries_query_ = false;  ///< the pipeline under way does

  // Of the connection.
  RedisCommands commands_;
  RedisReplies replies_;
  Sign sign_;
  bool answered_before_ = false;
  std::uint64_t generation_ = 0;
  SteadyTime renew_at_;
  SteadyTime next_sign_;
  Canaries::ProofRef proof_;
  Canaries::SubscriptionRef subscription_;
  bool canary_refused_ = false;
  SteadyTime last_sent_;
  std::optional<SteadyTime> missing_since_;

  SteadyTime last_use_;
  bool ticking_ = false;
};

}  // namespace sessiond
