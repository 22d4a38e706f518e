#include "redis/sentinel_watch.h"

#include <numeric>
#include <system_error>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/log.h"
#include "base/named_thread.h"
#include "redis/redis_target.h"

namespace sessiond {

namespace {

using namespace std::chrono_literals;

/// How soon it is noticed that nobody vouches any more, or that a contact has ended.
constexpr milliseconds kTick = 50ms;

std::vector<RedisAddress> addressesOf(const SentinelSettings& config) {
  std::vector<RedisAddress> addresses;
  for (const std::string& node : config.nodes) {
    auto address = parseSentinelNode(node);
    SESSIOND_CHECK(address.hasValue());
    addresses.push_back(*std::move(address));
  }
  return addresses;
}

}  // namespace

SentinelWatch::SentinelWatch(const RedisSettings& config, milliseconds interval, RedisNode& node, LearnedNodes& learned,
                             const Clock& clock, MetricsRegistry& metrics)
    : config_(config.sentinel.clone()),
      tls_(config.tls),
      interval_(interval),
      target_(targetOf(config)),
      node_(node),
      learned_(learned),
      clock_(clock),
      metrics_(metrics),
      switches_(metrics.counter("sessiond_sentinel_switches_total",
                                "Times that the sentinels named another primary than before.")),
      known_(metrics.gauge("sessiond_sentinels_known",
                           "Sentinels, as they and the configuration say; during a reload, twice as many.")),
      reached_(metrics.gauge("sessiond_sentinels_reached", "Sentinels that answer; during a reload, twice as many.")),
      consensus_(addressesOf(config_), config_.max_silence),
      learned_log_(kLogInterval),
      threads_log_(kLogInterval),
      silent_from_(clock.steadyNow() + config_.max_silence),
      thread_(start()) {}

SentinelWatch::~SentinelWatch() {
  thread_.request_stop();
  thread_.join();
}

/// The last thing that is made.
std::jthread SentinelWatch::start() {
  node_.vouch(silent_from_);
  return startThread("sentinels", [this](const std::stop_token& stop) { run(stop); });
}

void SentinelWatch::run(const std::stop_token& stop) {
  const std::vector<RedisAddress> configured = addressesOf(config_);
  std::vector<std::size_t> missing(configured.size());
  std::iota(missing.begin(), missing.end(), std::size_t{0});
  tendContacts(recall());
  while (!stop.stop_requested()) {
    std::erase_if(missing, [&](std::size_t i) { return addContact(i, configured[i], true); });
    std::unique_lock lock(mutex_);
    news_.wait_for(lock, stop, kTick, [this] { return has_news_; });
    has_news_ = false;
    const SteadyTime now = clock_.steadyNow();
    const SentinelConsensus::Verdict verdict = consensus_.verdict(now);
    const auto learned = consensus_.learn(now);
    std::vector<RedisAddress> further = consensus_.further();
    node_.place().setRefusal(refusalOfAll());
    lock.unlock();
    learned_.note(target_, std::move(further));
    carryOut(verdict, now);
    tendContacts(learned);
  }
  for (const auto& [number, contact] : contacts_) contact->requestStop();
  contacts_.clear();
  show({});
  if (!primary_.empty()) primaryGauge(primary_).add(-1);
}

/// Whom an earlier watch has learned of, or was told of itself.
std::map<std::size_t, RedisAddress> SentinelWatch::recall() {
  std::map<std::size_t, RedisAddress> recalled;
  const std::vector<RedisAddress> addresses = learned_.of(target_);
  const std::lock_guard lock(mutex_);
  for (const RedisAddress& address : addresses) recalled.emplace(consensus_.add(address), address);
  return recalled;
}

bool SentinelWatch::addContact(std::size_t number, const RedisAddress& address, bool lasting) {
  SentinelContact::Observer observer{
      .told = [this, number](const SentinelView& view, SteadyTime asked) { return hear(number, view, asked); },
      .refused = [this, number](NodePlace::Refusal refusal) { noteRefusal(number, std::move(refusal)); }};
  try {
    contacts_.emplace(number, std::make_unique<SentinelContact>(address, config_, tls_, interval_, lasting,
                                                                std::move(observer), clock_));
    return true;
  } catch (const std::system_error& error) {
    if (threads_log_.pass(clock_.steadyNow())) {
      logError("redis: a sentinel cannot be asked for want of a thread; it is tried again",
               {{"sentinel", address.name()}, {"error", error.what()}});
    }
    return false;
  }
}

void SentinelWatch::tendContacts(const std::map<std::size_t, RedisAddress>& learned) {
  for (auto contact = contacts_.begin(); contact != contacts_.end();) {
    if (!contact->second->over()) {
      ++contact;
      continue;
    }
    {
      const std::lock_guard lock(mutex_);
      consensus_.forget(contact->first);
    }
    contact = contacts_.erase(contact);
  }
  const bool is_said = !learned.empty() && learned_log_.pass(clock_.steadyNow());
  for (const auto& [number, address] : learned) {
    if (is_said)
      logInfo("redis: the sentinels know another one", {{"sentinel", address.name()}, {"master", config_.master}});
    if (addContact(number, address, false)) continue;
    const std::lock_guard lock(mutex_);
    consensus_.forget(number);  // it is learned again
  }
}

/// On a contact's thread.
bool SentinelWatch::hear(std::size_t contact, const SentinelView& view, SteadyTime asked) {
  std::unique_lock lock(mutex_);
  has_news_ = true;
  news_.notify_all();
  refusals_.erase(contact);
  const bool is_of_use = consensus_.heard(contact, view, asked);
  const bool lacks_id = !is_of_use && view.id.empty() && !std::exchange(lacks_id_, true);
  lock.unlock();
  if (lacks_id) {
    logWarn(
        "redis: a sentinel does not tell its id (SENTINEL MYID, since Redis 6.2, where its user may ask); such ones "
        "count only where redis.sentinel.nodes names all of them",
        {{"master", config_.master}});
  }
  return is_of_use;
}

/// On a contact's thread.
void SentinelWatch::noteRefusal(std::size_t contact, NodePlace::Refusal refusal) {
  if (contact >= config_.nodes.size()) return;
  const std::lock_guard lock(mutex_);
  if (refusal.why.empty()) {
    refusals_.erase(contact);
  } else {
    refusals_[contact] = std::move(refusal);
  }
  has_news_ = true;
  news_.notify_all();
}

/// Of all that the configuration names; one that is only away may know better. Those who do not know the primary may be
/// told of it, while they are asked again and again. REQUIRES: mutex_ is held.
NodePlace::Refusal SentinelWatch::refusalOfAll() const {
  if (refusals_.size() != config_.nodes.size()) return {};
  std::string who;
  std::string words;
  for (const auto& [contact, refusal] : refusals_) {
    if (!refusal.may_pass) continue;
    who.append(who.empty() ? "" : ", ").append(config_.nodes[contact]);
    words = refusal.why;
  }
  if (who.empty()) return refusals_.begin()->second;
  return {.why = "redis: the sentinels do not know the primary " + config_.master +
                 "; check redis.sentinel.master, or have them watch it (" + who + "; each says: " + words + ")",
          .may_pass = true};
}

void SentinelWatch::carryOut(const SentinelConsensus::Verdict& verdict, SteadyTime now) {
  show(verdict);
  if (verdict.primary && verdict.primary->name() != primary_) move(verdict);
  if (verdict.primary) silent_from_ = verdict.vouched_until;
  node_.vouch(primary_.empty() ? silent_from_ : verdict.vouched_until);
  noteSilence(verdict, now);
}

void SentinelWatch::move(const SentinelConsensus::Verdict& verdict) {
  const std::string name = verdict.primary->name();
  const std::string before = std::exchange(primary_, name);
  RedisAddress address = *verdict.primary;
  address.tls = config_.tls;
  node_.moveTo(address, verdict.told_by);
  primaryGauge(name).add(1);
  if (before.empty()) {
    return logInfo("redis: the sentinels name the primary",
                   {{"master", config_.master}, {"server", name}, {"sentinel", verdict.told_by}});
  }
  primaryGauge(before).add(-1);
  switches_.add();
  logWarn("redis: the sentinels name another primary; all connections are made anew",
          {{"master", config_.master}, {"server", name}, {"before", before}, {"sentinel", verdict.told_by}});
}

void SentinelWatch::noteSilence(const SentinelConsensus::Verdict& verdict, SteadyTime now) {
  const bool is_silent = now >= silent_from_;
  if (is_silent == is_silent_) return;
  is_silent_ = is_silent;
  if (!is_silent) return logInfo("redis: a majority of the sentinels answers again", {{"master", config_.master}});
  node_.observers().tellDoubted();
  logError("redis: no majority of the sentinels says who is the primary; nobody is asked until one does",
           {{"master", config_.master}, {"reached", verdict.reached}, {"known", verdict.known}});
}

void SentinelWatch::show(const SentinelConsensus::Verdict& verdict) {
  const auto known = static_cast<std::int64_t>(verdict.known);
  const auto reached = static_cast<std::int64_t>(verdict.reached);
  known_.add(known - std::exchange(shown_known_, known));
  reached_.add(reached - std::exchange(shown_reached_, reached));
}

Gauge& SentinelWatch::primaryGauge(const std::string& server) {
  return metrics_.gauge("sessiond_redis_primary", "1: the sentinels name this server as the primary.",
                        {{"server", server}});
}

}  // namespace sessiond
