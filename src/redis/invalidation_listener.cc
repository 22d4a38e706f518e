#include "redis/invalidation_listener.h"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/named_thread.h"
#include "base/random.h"
#include "os/short_turns.h"
#include "redis/error_reply.h"
#include "redis/redis_connection.h"

namespace sessiond {

namespace {

using namespace std::chrono_literals;
using Kind = InvalidationMessage::Kind;
using Done = Expected<void, ConnectionError>;

constexpr auto kRejectionLogInterval = 60s;
constexpr auto kGivenUpInterval = 60s;
constexpr auto kRestLogInterval = 600s;
/// How long the end of the listener may take while nothing comes.
constexpr milliseconds kStopLatency(100);
/// How soon a rest ends when the node becomes another server. Nothing is believed meanwhile, and the tombstones are
/// written there by whoever observes the node (node_observers.h); to look more often would cost what resting saves.
constexpr milliseconds kRestTurn(1000);
/// A front end may close a connection that is silent for longer.
constexpr auto kLongestSilence = 1s;
/// How soon it is seen that a node has something to tell.
constexpr milliseconds kIdlePause(100);

Unexpected<ConnectionError> rejected(std::string text) {
  return Unexpected(ConnectionError{ConnectionError::Kind::kRejected, std::move(text)});
}

}  // namespace

InvalidationListener::Counters::Counters(MetricsRegistry& metrics)
    : invalidations(metrics.counter("sessiond_cache_invalidations_total", "Keys that Redis said have changed.")),
      flushes(metrics.counter("sessiond_cache_flushes_total", "Times that Redis said that all keys are gone.")),
      subscriptions(metrics.counter("sessiond_cache_subscriptions_total",
                                    "Times that the subscription to Redis's invalidations was made.")),
      trusted(metrics.gauge("sessiond_cache_subscribed",
                            "Subscriptions that stand: 1, or 0, of a Redis Cluster one for each primary; during a "
                            "reload, the old one counts until it is let go of.")),
      resting(metrics.gauge(
          "sessiond_cache_resting",
          "Subscriptions that are suspended for a while because sessions are written more often than they "
          "are found in memory.")) {}

InvalidationListener::InvalidationListener(RedisClient& client, const RedisKeys& keys, SessionCache& cache,
                                           BurialQueue& burials, Canaries& canaries, const Clock& clock,
                                           MetricsRegistry& metrics, OnEverybody on_everybody)
    : client_(client),
      cache_(cache),
      burials_(burials),
      canaries_(canaries),
      clock_(clock),
      scope_(keys),
      on_everybody_(std::move(on_everybody)),
      counters_(metrics),
      rejection_log_(kRejectionLogInterval),
      given_up_log_(kGivenUpInterval),
      seldom_renewals_(kGivenUpInterval),
      rest_log_(kRestLogInterval),
      pauses_(canaries.maxStaleness(), randomBelow),
      thread_(startThread("invalidations", [this](const std::stop_token& stop) { run(stop); })) {}

InvalidationListener::~InvalidationListener() {
  thread_.request_stop();
  thread_.join();
}

void InvalidationListener::run(const std::stop_token& stop) {
  takeShortTurns();  // until it has had its own, a session that has just ended goes on being let in
  while (!stop.stop_requested()) {
    const std::uint64_t generation = canaries_.generation();  // from before anything is asked of the server
    if (client_.node().isIdle()) {
      rest(kIdlePause, generation, stop);
      continue;
    }
    Subscribed subscribed = subscribe();
    if (!subscribed) was_at_rest_ = false;
    const Done done = subscribed ? follow(**subscribed, generation, stop) : Done(Unexpected(subscribed.error()));
    const bool proven = canaries_.proven();
    if (stop.stop_requested()) {
      canaries_.ended();
    } else {
      canaries_.lost(rest_ ? DistrustReason::kRest : DistrustReason::kSubscription);
    }
    if (stands_since_) counters_.trusted.add(-1);
    const std::uint64_t ended_in = canaries_.generation();
    was_at_rest_ = false;
    const milliseconds pause = done ? milliseconds(0) : conclude(done.error(), proven, generation);
    stands_since_.reset();
    if (rest_) {
      subscribed = Unexpected(ConnectionError{ConnectionError::Kind::kClosed, "it rests"});
      restUnlessLost(*std::exchange(rest_, std::nullopt), generation, stop);
    } else {
      rest(pause, ended_in, stop);
    }
  }
}

/// As long as a connection stands that nothing comes over, the server is hardly another one: when it is lost, the next
/// subscription comes at once, and with it the tombstones are written again.
void InvalidationListener::restUnlessLost(milliseconds time, std::uint64_t generation, const std::stop_token& stop) {
  noteRest(time);
  counters_.resting.add(1);
  const SteadyTime until = clock_.steadyNow() + time;
  const Subscribed held = client_.dial();
  bool stands = held.hasValue();
  // Ends the wait for what never comes, so that a stop need not wait for the turn's end.
  const std::stop_callback hang_up(stop, [&held] {
    if (held) ::shutdown((*held)->fd(), SHUT_RDWR);
  });
  RedisReplies nothing;
  while (stands && !stop.stop_requested() && clock_.steadyNow() < until) {
    const SteadyTime turn = std::min(until, clock_.steadyNow() + kRestTurn);
    stands = canaries_.generation() == generation && (*held)->listen(nothing, turn).hasValue();
  }
  was_at_rest_ = stands;
  counters_.resting.add(-1);
}

/// How long to wait now.
milliseconds InvalidationListener::conclude(const ConnectionError& error, bool proven, std::uint64_t generation) {
  if (canaries_.generation() == generation) {
    was_given_up_ = false;
    noteLoss(error, stands_since_.has_value());
    return pauses_.afterLoss(proven);
  }
  client_.renew();
  const std::optional<DistrustReason> given_up_for = canaries_.givenUpFor();
  was_given_up_ = given_up_for == DistrustReason::kCanaries;
  if (!given_up_for) return pauses_.afterSwitch();
  const SteadyTime now = clock_.steadyNow();
  const milliseconds pause = pauses_.afterGivingUp(now - stands_since_.value_or(now));
  noteGivenUp(*given_up_for, pause);
  return pause;
}

/// Shorter where the node becomes another server.
void InvalidationListener::rest(milliseconds time, std::uint64_t generation, const std::stop_token& stop) {
  const SteadyTime until = clock_.steadyNow() + time;
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested() && canaries_.generation() == generation) {
    const SteadyTime now = clock_.steadyNow();
    if (now >= until) return;
    stopping_.wait_for(lock, stop, std::min<SteadyTime::duration>(until - now, kStopLatency), [] { return false; });
  }
}

InvalidationListener::Subscribed InvalidationListener::subscribe() {
  Subscribed dialled = client_.dial();
  was_greeted_ = dialled.hasValue();
  if (!dialled) return dialled;
  RedisConnection& connection = **dialled;
  const SteadyTime deadline = client_.newDeadline();
  RedisCommands commands;
  RedisReplies replies;
  commands.add({"CLIENT", "ID"});
  if (Done done = connection.exchange(commands, replies, clock_.steadyNow(), deadline); !done) {
    return Unexpected(done.error());
  }
  if (replies[0].type != RedisReply::Type::kInteger) return rejected(replies[0].text);

  commands.clear();
  canary_prefix_ = canaries_.newPrefix();
  const std::vector<std::string> prefixes = scope_.prefixesWith(canary_prefix_);
  commands.begin(6 + 2 * prefixes.size());
  for (const char* word : {"CLIENT", "TRACKING", "ON", "REDIRECT"}) commands.argument(word);
  commands.argument(std::to_string(replies[0].integer));
  commands.argument("BCAST");
  for (const std::string& prefix : prefixes) {
    commands.argument("PREFIX");
    commands.argument(prefix);
  }
  if (Done done = connection.exchange(commands, replies, clock_.steadyNow(), deadline); !done) {
    return Unexpected(done.error());
  }
  if (replies[0].type == RedisReply::Type::kError) return rejected(replies[0].text);

  commands.clear();
  commands.add({"SUBSCRIBE", kInvalidationChannel});
  if (Done done = connection.post(commands, deadline); !done) return Unexpected(done.error());
  return dialled;
}

/// Carries out what comes, until the subscription is lost (an error), is not worth it (rest_), or the listener is to
/// stop.
Done InvalidationListener::follow(RedisConnection& connection, std::uint64_t generation, const std::stop_token& stop) {
  const SteadyTime confirmed_by = client_.newDeadline();
  RedisReplies messages;
  while (!stop.stop_requested()) {
    if (!stands_since_ && clock_.steadyNow() >= confirmed_by) {
      return Unexpected(ConnectionError{ConnectionError::Kind::kTimeout, "SUBSCRIBE was not answered in time"});
    }
    if (canaries_.generation() != generation) {
      return Unexpected(ConnectionError{ConnectionError::Kind::kTimeout, "it was given up"});
    }
    renewTombstones();
    if (Done done = connection.listen(messages, clock_.steadyNow() + kStopLatency); !done) return done;
    for (const RedisReply& message : messages) {
      if (Done done = handle(message); !done) return done;
    }
    if (!messages.empty()) silent_since_ = clock_.steadyNow();
    if (Done done = breakSilence(connection); !done) return done;
    judgeWorth();
    if (rest_) return {};
  }
  return {};
}

/// Whoever does not answer PING, or may not be asked it, is asked once.
Done InvalidationListener::breakSilence(RedisConnection& connection) {
  const SteadyTime now = clock_.steadyNow();
  if (!stands_since_ || !may_ping_ || awaits_pong_ || now - silent_since_ < kLongestSilence) return {};
  RedisCommands ping;
  ping.add({"PING"});
  awaits_pong_ = true;
  return connection.post(ping, client_.newDeadline());
}

Done InvalidationListener::handle(const RedisReply& reply) {
  const InvalidationMessage message = readInvalidationMessage(reply);
  switch (message.kind) {
    case Kind::kSubscribed:
      stands_since_ = clock_.steadyNow();
      awaits_pong_ = false;
      may_ping_ = true;
      canaries_.subscribed(canary_prefix_);
      owes_renewal_ = true;
      renews_seldom_ = was_given_up_ || was_at_rest_;
      renewTombstones();
      counters_.subscriptions.add();
      counters_.trusted.add(1);
      worth_.begin(cache_.size().use, clock_.steadyNow());
      return {};
    case Kind::kKeys:
      for (const std::string_view key : message.keys) {
        if (canaries_.cameBack(key, canary_prefix_, clock_.steadyNow())) {
          noteStanding();
          continue;
        }
        counters_.invalidations.add();
        if (scope_.isEpoch(key)) on_everybody_();
        if (const auto login = scope_.userOf(key)) cache_.invalidateUser(*login);
        scope_.forEachId(key, [this](std::string_view id) {
          cache_.invalidate(id, clock_.steadyNow());
          burials_.look(id);
        });
      }
      return {};
    case Kind::kEverything:
      counters_.flushes.add();
      canaries_.distrust(DistrustReason::kFlush);
      client_.doubt();
      burials_.renew();
      return {};
    case Kind::kPong:
      awaits_pong_ = false;
      return {};
    case Kind::kError:
      if (stands_since_ && std::exchange(awaits_pong_, false)) {
        may_ping_ = false;
        return {};
      }
      return rejected(std::string(message.text));
    case Kind::kNonsense:
      break;
  }
  return Unexpected(ConnectionError{ConnectionError::Kind::kBroken, "what came is no invalidation"});
}

/// The server, or its database, may be another one. Where canaries stayed away, or after a rest, it hardly is (an old
/// one may go on behind a name that leads elsewhere by now); once a minute will do then.
void InvalidationListener::renewTombstones() {
  if (!owes_renewal_ || (renews_seldom_ && !seldom_renewals_.pass(clock_.steadyNow()))) return;
  owes_renewal_ = false;
  client_.doubt();
  burials_.renew();
}

/// Once a canary has come back: a front end may confirm a subscription and tell of nothing.
void InvalidationListener::noteStanding() {
  // A trial may be over at once, and is no news.
  if (worth_.isTrial() || !canaries_.proven()) return;
  if (std::exchange(says_standing_, false)) {
    logInfo("cache: Redis tells which sessions change; they are kept in memory");
  }
}

/// The client has logged already that Redis is down; what is said here is what it means for the cache. Of a server that
/// answers everybody else nobody has said anything.
void InvalidationListener::noteLoss(const ConnectionError& error, bool stood) {
  if (error.kind == ConnectionError::Kind::kRejected) {
    if (!rejection_log_.pass(clock_.steadyNow())) return;
    logError("cache: Redis does not tell which sessions change; every check asks it until it does. " +
                 std::string(adviceOn(classifyError(error.text), client_.node().topology())),
             {{"error", std::string_view(error.text)}});
    says_standing_ = true;
  } else if (stood) {
    says_standing_ = true;
    logWarn(
        "cache: the subscription to Redis is lost; what is in memory is believed for max_staleness more at most, then "
        "every check asks Redis until it stands again",
        {{"error", std::string_view(error.text)}});
  } else if (was_greeted_ &&
             (error.kind == ConnectionError::Kind::kTimeout || error.kind == ConnectionError::Kind::kClosed)) {
    if (!rejection_log_.pass(clock_.steadyNow())) return;
    logWarn(
        "cache: the subscription by which Redis tells which sessions change does not come to stand; every check asks "
        "it "
        "until it does. Is there a proxy in between that does not pass it on?",
        {{"error", std::string_view(error.text)}});
    says_standing_ = true;
  }
}

void InvalidationListener::noteGivenUp(DistrustReason why, milliseconds pause) {
  if (!given_up_log_.pass(clock_.steadyNow())) return;
  says_standing_ = true;
  const std::string_view reason = why == DistrustReason::kDatabase
                                      ? "what was just written is not there"
                                      : "what was written over a connection is not told of by the subscription";
  if (pause == SubscriptionPauses::kFirst) {
    return logWarn("cache: the subscription and all connections to Redis are made anew", {{"reason", reason}});
  }
  logWarn(
      "cache: off for a while, every check asks Redis; is its maxmemory-policy volatile-ttl, or is there a proxy in "
      "between that passes no invalidations on?",
      {{"reason", reason}, {"seconds", std::chrono::ceil<std::chrono::seconds>(pause).count()}});
}

void InvalidationListener::judgeWorth() {
  const SteadyTime now = clock_.steadyNow();
  if (!stands_since_ || !worth_.isDue(now)) return;
  // While nothing may be believed nothing is found, whatever it is worth.
  if (!canaries_.trusted(now)) return worth_.begin(cache_.size().use, now);
  rest_ = worth_.judge(cache_.size().use, now);
  if (!rest_) noteStanding();
}

void InvalidationListener::noteRest(milliseconds pause) {
  // Seldom, but where the last word was that they are kept.
  if (!rest_log_.pass(clock_.steadyNow()) && says_standing_) return;
  says_standing_ = true;
  logInfo(
      "cache: off for a while, every check asks Redis: sessions are written more often than they are found in memory, "
      "as by connect-redis without disableTouch",
      {{"seconds", std::chrono::ceil<std::chrono::seconds>(pause).count()}});
}

}  // namespace sessiond
