// RedisLaneStore: a lane's own connection to Redis, for loads and touches: one batch at a time, one pipeline a batch.
//
// It connects when there is something to ask, tries once more where that is right (an idle connection had died, the
// server has become a replica), asks nobody while the circuit breaker is open, and ends within each batch's deadline.
// In between, as long as checks are made, it writes canaries (canaries.h), four times within max_staleness, in a batch
// if one is sent anyway. Without canaries, that is without a cache, it asks as often whether the server is a primary.
//
// A connection is given up after a minute or so: names and proxies may lead elsewhere meanwhile.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/event_loop.h"
#include "redis/canaries.h"
#include "redis/lane_connection.h"
#include "redis/redis_keys.h"
#include "redis/session_reading.h"
#include "session/lane_store.h"

namespace sessiond {

/// Of one lane's thread. What it is given outlives it.
class RedisLaneStore final : public LaneStore, private LaneConnection::Owner, private EventLoop::Waiter {
 public:
  /// `canaries`: null where nothing is cached.
  RedisLaneStore(RedisNode& node, Canaries* canaries, const SessionSettings& config, RedisKeys keys, EventLoop& loop,
                 const Clock& clock);
  ~RedisLaneStore() override;

  void send(StoreBatch& batch, SteadyTime deadline, Client& client) override;
  void noteUse() override;

 private:
  /// What a pipeline carries beside the batch, and how it is judged.
  struct Sign {
    std::size_t replies = 0;  ///< at the pipeline's beginning
    bool asks_role = false;   ///< HELLO 2 is the first of them
    bool reads_back = false;  ///< then the canary before
    std::string canary;       ///< then this one is written; empty: none
    bool probes = false;      ///< in its place: whether writes are taken
    SteadyTime sent;
  };
  enum class Judgement : std::uint8_t { kGood, kNoPrimary, kLacksReplicas };

  void opened() override;
  void answered() override;
  void failed(const ConnectionError& error) override;
  void onEvent() override {}
  void onTime() override;

  void start();
  void open();
  void transmit();
  void writeSign();
  void writeTouches();
  Judgement judgeSign();
  void leave();
  void judgeCanary();
  void readTouches(std::size_t first);
  void missCanaries(SteadyTime now);
  bool isTracked(SteadyTime now) const;
  bool isOutdated(SteadyTime now) const;
  void finish(std::optional<StoreError> error);

  RedisNode& node_;
  Canaries* const canaries_;
  const RedisKeys keys_;
  const SessionReading reading_;
  EventLoop& loop_;
  const Clock& clock_;
  const std::chrono::milliseconds interval_;  ///< between two signs of life
  LaneConnection connection_;

  // Of the batch.
  StoreBatch* batch_ = nullptr;
  Client* client_ = nullptr;
  SteadyTime deadline_;
  SteadyTime began_;
  std::optional<CircuitBreaker::Attempt> permission_;
  bool retried_ = false;
  bool carries_batch_ = false;  ///< the pipeline under way does

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
  std::string last_canary_;
  bool canary_refused_ = false;
  SteadyTime last_sent_;
  std::optional<SteadyTime> missing_since_;

  SteadyTime last_use_;
  bool ticking_ = false;
};

}  // namespace sessiond
