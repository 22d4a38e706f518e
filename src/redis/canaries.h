// Canaries: does every connection that sessions are read over lead to the very server that the invalidations come
// from, and does that server still tell of everything?
//
// A PONG on the subscription says only that its socket lives. It says nothing of a server that is no longer the
// primary while connections made later lead to the new one, of a proxy that says OK to CLIENT TRACKING and tells
// nothing, of a name that moved, of databases that were swapped. So each reading connection writes keys of its own,
// canaries, under a prefix that the subscription tracks, and waits for the invalidations that they cause:
//
//   SET sessiond:alive:{s}:<128 random bits of the subscription>:<connection>:<moment> <moment> EX 10
//
// One that comes back proves that whatever was changed before its moment, on the server that this connection leads to,
// has been told of. The moment stands in the key, since an invalidation names a key and not a write: the invalidation
// of an old canary that expires must not prove a new one. With each canary the latest before it, whichever connection
// wrote that, is read back: another value, or none, is another database, or another server than that connection's. When
// nobody has asked for so long that all may have expired, nothing can be read back, and nothing that was loaded before
// is believed.
//
// When canaries stay away, the subscription and all connections are made anew (renew). So they are when one that the
// server has taken stays away, and another that was sent later comes back: either the two connections lead to two
// servers, or something in between has left something out, and as well as a canary it may have been what a session's
// end caused. Redis tells nothing twice.
//
// Of a canary without an answer nobody knows whether the server has taken it, and of a silence in which connections
// waited in vain, what was left out. Where another one that was sent later comes back first, the subscription stands,
// but nothing is believed that was loaded before.
//
// What is left out between two canaries, and no canary with it, nobody notices: that is believed until the session has
// been in memory for a minute. TCP leaves nothing out; a relay that reads what it passes on could.

#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/enum_size.h"
#include "base/metrics.h"
#include "redis/redis_keys.h"
#include "session/cache_trust.h"

namespace sessiond {

/// Why what was loaded is believed no longer.
enum class DistrustReason : std::uint8_t {
  kSubscription,  ///< lost
  kSwitch,        ///< the node is another server
  kCanaries,      ///< they stay away
  kDatabase,      ///< what was just written is not there
  kUnused,        ///< nobody has asked for so long that nothing of what was written need be there
  kFlush,         ///< Redis says that all keys are gone
  kSentinels,     ///< nobody vouches for the server
  kUsers,         ///< the file of users has changed
  kEverybody,     ///< is logged out
  kRest,          ///< it is not worth what it costs
};
inline constexpr std::size_t kDistrustReasons = enumSize<DistrustReason>();

/// Thread-safe. One thread, the listener, has the subscription; lanes have the connections.
class Canaries {
 public:
  /// What stands between the braces of their keys, which may change.
  using Tag = std::function<std::string()>;
  static std::string usualTag() { return "s"; }
  Canaries(CacheTrust& trust, RedisKeys keys, MetricsRegistry& metrics, Tag tag = usualTag);
  Canaries(const Canaries&) = delete;
  Canaries& operator=(const Canaries&) = delete;

  struct Subscription {
    std::string prefix;  ///< of its canaries
    CacheTrust::Era era = 0;
  };
  using SubscriptionRef = std::shared_ptr<const Subscription>;
  /// A canary lives so many times max_staleness, and is read back within half of that.
  static constexpr int kLife = 10;
  /// Beyond so many it is not noted which others are missing.
  static constexpr std::size_t kMostMissing = 64;

  // The listener's.

  /// For a subscription that is about to be asked for.
  std::string newPrefix() const;
  /// It stands. An era begins.
  void subscribed(const std::string& prefix);
  /// It is lost. An era begins, without proofs to come.
  void lost(DistrustReason why);
  /// It is let go of for good, because whoever had it ends: the same, but nobody has lost anything.
  void ended();
  /// Nothing that was loaded is believed any more: all keys are gone, say. The subscription stays. Anybody's.
  void distrust(DistrustReason why);
  /// A key was told of: one of the subscription's canaries? Proves.
  bool cameBack(std::string_view key, const std::string& prefix, SteadyTime now);
  /// Why the present generation has begun, if it was because the subscription was given up.
  std::optional<DistrustReason> givenUpFor() const;
  /// Has a canary of the present subscription come back yet?
  bool proven() const { return proven_.load(std::memory_order_acquire); }

  // A connection's.

  /// What has come back of one connection's canaries in the present era.
  struct Proof {
    std::uint64_t number = 0;
    std::atomic<SteadyTime::rep> moment = kNever;

    /// No canary has come back.
    static constexpr SteadyTime::rep kNever = INT64_MIN;
  };
  using ProofRef = std::shared_ptr<Proof>;

  ProofRef add();
  /// The subscription that stands; null: none.
  SubscriptionRef current() const;
  /// The same for whoever may write a canary now: where the latest may have expired, an era begins first, and nothing
  /// from before it is believed.
  SubscriptionRef currentForWriting(SteadyTime now);
  /// The latest that the server has taken under this subscription, to be read back behind the next one; empty: none.
  std::string latest(const SubscriptionRef& of) const;
  /// The server has taken it, as is known since `now`.
  void written(const SubscriptionRef& of, const std::string& key, SteadyTime sent, SteadyTime now);
  /// Nobody knows whether the server has: no answer came until `now`, when it was waited for no longer.
  void unanswered(const SubscriptionRef& of, const std::string& key, SteadyTime now);
  /// A connection that is no use any more has waited for something: for an answer, or to be greeted.
  void waitedInVain();
  milliseconds life() const { return kLife * maxStaleness(); }
  /// Something is wrong with this subscription or with a connection beside it: all are to be made anew. Nothing is
  /// believed that was loaded before.
  void renew(const SubscriptionRef& of, DistrustReason why);
  /// The node is another server from now on: the same, whatever subscription stands.
  void renewAll();
  /// Changes with every renewal. What was connected before is to be closed.
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }
  std::chrono::milliseconds maxStaleness() const { return trust_.maxStaleness(); }
  bool trusted(SteadyTime now) const { return trust_.holds(now); }
  /// The subscription is suspended for a while, on purpose.
  bool resting() const { return resting_.load(std::memory_order_acquire); }

 private:
  struct Written {
    std::string key;
    SteadyTime sent;
  };
  /// One that has not come back.
  struct Missing {
    std::uint64_t connection = 0;
    SteadyTime::rep moment = 0;
    SteadyTime since;    ///< what is sent later comes back later, too
    bool taken = false;  ///< the server has said so
  };

  void publish(SubscriptionRef next);
  void beginGeneration(DistrustReason why);
  void beginEra(DistrustReason why);
  void countLoss(DistrustReason why);
  void forgetProofs();
  void miss(const SubscriptionRef& of, std::string_view key, SteadyTime now, bool taken);
  bool overtakes(SteadyTime sent, bool taken) const;
  bool endsSilence(SteadyTime sent) const;

  CacheTrust& trust_;
  const RedisKeys keys_;
  const Tag tag_;
  std::atomic<std::uint64_t> generation_ = 0;
  std::atomic<bool> proven_ = false;
  std::atomic<bool> resting_ = false;
  std::array<Counter*, kDistrustReasons> losses_{};  // by DistrustReason; set in the constructor
  Histogram& returns_;
  mutable std::mutex mutex_;
  SubscriptionRef current_;                               // guarded by mutex_
  std::optional<Written> latest_;                         // guarded by mutex_
  std::vector<Missing> missing_;                          // guarded by mutex_; the earliest
  std::optional<SteadyTime> latest_back_;                 // guarded by mutex_; when that one was sent
  bool waited_in_vain_ = false;                           // guarded by mutex_; since then
  std::map<std::uint64_t, std::weak_ptr<Proof>> proofs_;  // guarded by mutex_; by the connection's number
  std::size_t alive_proofs_ = 0;                          // guarded by mutex_; when they were counted last
  std::uint64_t next_number_ = 1;                         // guarded by mutex_
  std::optional<DistrustReason> given_up_for_;            // guarded by mutex_
};

}  // namespace sessiond
