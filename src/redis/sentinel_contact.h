// SentinelContact: asks one sentinel who is the primary, now and then, and at once when it says that this has changed.
//
// Two connections: one asks, the other one is subscribed to what sentinels say of a failover (kSwitchChannels). It is
// heard of within moments that way; asking alone would do too, a little later.

#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/once_per.h"
#include "redis/redis_client.h"
#include "redis/sentinel_view.h"

namespace sessiond {

/// To ask the sentinel at host:port.
RedisSettings settingsForSentinel(const std::string& name, const SentinelSettings& config, const TlsSettings& tls);

/// Runs a thread of its own from its making to its end.
class SentinelContact {
 public:
  /// `told` is called on the contact's thread with what the sentinel says and when it was asked; false: the contact is
  /// of no use. `refused`, with why it says nothing: a whole log message, or, where it does not know the primary, its
  /// own words; empty: it may say something. `lasting`: it is kept up however long the sentinel is silent. What is
  /// referred to must outlive it.
  struct Observer {
    std::function<bool(const SentinelView& view, SteadyTime asked)> told;
    std::function<void(NodePlace::Refusal refusal)> refused;
  };
  SentinelContact(const RedisAddress& address, const SentinelSettings& config, const TlsSettings& tls,
                  milliseconds interval, bool lasting, Observer observer, const Clock& clock);
  /// Waits for the thread, at most as long as an attempt takes.
  ~SentinelContact();
  SentinelContact(const SentinelContact&) = delete;
  SentinelContact& operator=(const SentinelContact&) = delete;

  /// Of several, so that their ends take no longer than that of one.
  void requestStop() { thread_.request_stop(); }
  /// The thread has ended, being of no use.
  bool over() const { return over_.load(std::memory_order_acquire); }

 private:
  enum class Outcome { kStopped, kUseless, kLost };

  void run(const std::stop_token& stop);
  Outcome follow(const std::stop_token& stop);
  bool ask(RedisConnection& connection, Outcome& outcome);
  bool waitForWord(std::unique_ptr<RedisConnection>& subscription, const std::stop_token& stop);
  bool read(const RedisReplies& messages, std::unique_ptr<RedisConnection>& subscription);
  void noteSilence(const std::string& text, bool refused);
  void noteTrouble(const std::string& text, bool refused);
  void noteAnswer();
  void noteNowhere(const std::vector<std::string>& addresses);

  const std::string name_;
  const std::string master_;
  const milliseconds interval_;
  const bool lasting_;
  const Observer observer_;
  const Clock& clock_;
  MetricsRegistry unshown_;  ///< sentinels are no sessions' store, whose figures these would be
  RedisClient client_;
  OncePer log_;
  OncePer nowhere_log_;
  std::atomic<bool> over_ = false;
  // Of the thread.
  bool told_of_trouble_ = false;
  bool may_subscribe_ = true;
  std::size_t refused_channels_ = 0;  ///< of this subscription
  SteadyTime last_answer_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace sessiond
