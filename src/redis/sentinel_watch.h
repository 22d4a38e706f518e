// SentinelWatch: the topology of a primary behind sentinels: moves the node to where they say that it is
// (sentinel_consensus.h), and lets it be asked only while they vouch for it.
//
// All of them are asked all the time, each by a contact of its own, so that one that is silent delays nobody.
// Sentinels that the configuration does not name are learned from the others, and written nowhere; whoever watches
// after a reload is told of them.
//
// Until the first of all answers is in, the node counts as vouched for, for as long as silence is borne: whoever asks
// it waits for its place then, instead of being refused.

#pragma once

#include <algorithm>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/once_per.h"
#include "redis/learned_nodes.h"
#include "redis/redis_node.h"
#include "redis/sentinel_consensus.h"
#include "redis/sentinel_contact.h"

namespace sessiond {

/// Runs threads of its own from its making to its end. Everything passed in must outlive it.
class SentinelWatch {
 public:
  /// Keeps what it needs of `config`. `interval`: how often the sentinels are asked. REQUIRES: config.sentinel.used().
  SentinelWatch(const RedisSettings& config, milliseconds interval, RedisNode& node, LearnedNodes& learned,
                const Clock& clock, MetricsRegistry& metrics);
  /// Waits for the threads, at most as long as an attempt to connect takes.
  ~SentinelWatch();
  /// How often to ask, so that a failover that no message tells of is seen well within max_staleness.
  static milliseconds intervalFor(milliseconds max_staleness) {
    return std::clamp(max_staleness / 2, milliseconds(50), milliseconds(500));
  }
  SentinelWatch(const SentinelWatch&) = delete;
  SentinelWatch& operator=(const SentinelWatch&) = delete;

 private:
  std::jthread start();
  void run(const std::stop_token& stop);
  std::map<std::size_t, RedisAddress> recall();
  /// False: the system has no thread for it now.
  bool addContact(std::size_t number, const RedisAddress& address, bool lasting);
  void tendContacts(const std::map<std::size_t, RedisAddress>& learned);
  bool hear(std::size_t contact, const SentinelView& view, SteadyTime asked);
  void noteRefusal(std::size_t contact, NodePlace::Refusal refusal);
  NodePlace::Refusal refusalOfAll() const;
  void carryOut(const SentinelConsensus::Verdict& verdict, SteadyTime now);
  void move(const SentinelConsensus::Verdict& verdict);
  void noteSilence(const SentinelConsensus::Verdict& verdict, SteadyTime now);
  void show(const SentinelConsensus::Verdict& verdict);
  Gauge& primaryGauge(const std::string& server);

  const SentinelSettings config_;
  const TlsSettings tls_;
  const milliseconds interval_;
  const std::string target_;
  RedisNode& node_;
  LearnedNodes& learned_;
  const Clock& clock_;
  MetricsRegistry& metrics_;
  Counter& switches_;
  Gauge& known_;
  Gauge& reached_;
  std::mutex mutex_;
  std::condition_variable_any news_;
  SentinelConsensus consensus_;                         // guarded by mutex_
  std::map<std::size_t, NodePlace::Refusal> refusals_;  // guarded by mutex_; by contact, of the configuration
  bool has_news_ = false;                               // guarded by mutex_
  bool lacks_id_ = false;  // guarded by mutex_; one that was learned, and this has been said
  OncePer learned_log_;
  OncePer threads_log_;
  // Of the thread.
  std::string primary_;     ///< name of its address; empty: not known yet
  SteadyTime silent_from_;  ///< nobody vouches any more
  bool is_silent_ = false;  ///< and this has been said
  std::int64_t shown_known_ = 0;
  std::int64_t shown_reached_ = 0;
  std::map<std::size_t, std::unique_ptr<SentinelContact>> contacts_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace sessiond
