#include "redis/canaries.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/encoding.h"
#include "base/parse.h"
#include "base/random.h"

namespace sessiond {

namespace {

constexpr std::size_t kRandomBytes = 16;
constexpr auto kNames = std::to_array<std::string_view>(
    {"subscription", "switch", "canaries", "database", "unused", "flush", "sentinels", "users", "everybody", "rest"});
static_assert(kNames.size() == kDistrustReasons, "a word for each");

/// Servers tell in the order in which they take; who stands between may let one connection's wait for so long. A part
/// of max_staleness that is less than a connection's canaries are apart.
constexpr int kOvertaken = 8;

struct CanaryName {
  std::uint64_t connection;
  SteadyTime::rep moment;
};

/// Behind the prefix.
std::optional<CanaryName> parseName(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto connection = parseInteger<std::uint64_t>(text.substr(0, colon));
  const auto moment = parseInteger<SteadyTime::rep>(text.substr(colon + 1));
  if (!connection || !moment) return std::nullopt;
  return CanaryName{*connection, *moment};
}

}  // namespace

Canaries::Canaries(CacheTrust& trust, RedisKeys keys, MetricsRegistry& metrics, Tag tag)
    : trust_(trust),
      keys_(std::move(keys)),
      tag_(std::move(tag)),
      returns_(metrics.histogram("sessiond_canary_seconds",
                                 "Time from the writing of a canary to its coming back over the subscription.")) {
  for (std::size_t i = 0; i < kDistrustReasons; ++i) {
    losses_[i] = &metrics.counter("sessiond_cache_trust_lost_total",
                                  "Times that what was in memory was believed no longer, from one moment to the next.",
                                  {{"reason", std::string(kNames[i])}});
  }
}

/// REQUIRES: mutex_ is held. Where no subscription stands, nothing is lost.
void Canaries::countLoss(DistrustReason why) {
  if (current_ != nullptr) losses_[static_cast<std::size_t>(why)]->add();
}

std::string Canaries::newPrefix() const {
  return keys_.canaries(tag_()) + base64UrlEncode(randomBytes(kRandomBytes)) + ":";
}

/// REQUIRES: mutex_ is held. What has come back is forgotten before the new era can be seen by anybody.
void Canaries::publish(SubscriptionRef next) {
  proven_.store(false, std::memory_order_release);
  forgetProofs();
  for (const auto& [number, weak] : proofs_) {
    if (const ProofRef proof = weak.lock()) proof->moment.store(Proof::kNever, std::memory_order_release);
  }
  latest_.reset();
  missing_.clear();
  latest_back_.reset();
  waited_in_vain_ = false;
  current_ = std::move(next);
}

/// Of connections that are gone. REQUIRES: mutex_ is held.
void Canaries::forgetProofs() {
  std::erase_if(proofs_, [](const auto& one) { return one.second.expired(); });
  alive_proofs_ = proofs_.size();
}

void Canaries::subscribed(const std::string& prefix) {
  const std::lock_guard lock(mutex_);
  resting_.store(false, std::memory_order_release);
  publish(nullptr);
  current_ = std::make_shared<const Subscription>(Subscription{.prefix = prefix, .era = trust_.beginEra()});
}

void Canaries::lost(DistrustReason why) {
  const std::lock_guard lock(mutex_);
  resting_.store(why == DistrustReason::kRest, std::memory_order_release);
  if (current_ == nullptr) return;
  countLoss(why);
  publish(nullptr);
  // What was proven goes on counting for max_staleness, as when a network fails; who gives it up can do without.
  if (why == DistrustReason::kRest) {
    trust_.distrust();
  } else {
    trust_.beginEra();
  }
}

void Canaries::ended() {
  const std::lock_guard lock(mutex_);
  if (current_ == nullptr) return;
  publish(nullptr);
  trust_.beginEra();
}

void Canaries::distrust(DistrustReason why) {
  const std::lock_guard lock(mutex_);
  beginEra(why);
}

/// Of the same subscription. REQUIRES: mutex_ is held.
void Canaries::beginEra(DistrustReason why) {
  countLoss(why);
  const SubscriptionRef before = current_;
  publish(nullptr);
  const CacheTrust::Era era = trust_.distrust();
  if (before) current_ = std::make_shared<const Subscription>(Subscription{.prefix = before->prefix, .era = era});
}

bool Canaries::cameBack(std::string_view key, const std::string& prefix, SteadyTime now) {
  if (!key.starts_with(prefix)) return false;
  const auto name = parseName(key.substr(prefix.size()));
  if (!name) return true;
  const SteadyTime sent{SteadyTime::duration(name->moment)};
  if (now - sent >= life()) return true;  // its end, it may be, which tells of nothing else
  const std::lock_guard lock(mutex_);
  if (current_ == nullptr || current_->prefix != prefix) return true;
  std::erase_if(missing_,
                [&](const Missing& one) { return one.connection == name->connection && one.moment == name->moment; });
  if (overtakes(sent, true)) {
    beginGeneration(DistrustReason::kCanaries);
    given_up_for_ = DistrustReason::kCanaries;
    return true;
  }
  if (overtakes(sent, false) || endsSilence(sent)) {
    beginEra(DistrustReason::kCanaries);
    return true;
  }
  waited_in_vain_ = false;
  latest_back_ = std::max(sent, latest_back_.value_or(sent));
  trust_.prove(current_->era, sent);
  proven_.store(true, std::memory_order_release);
  const auto found = proofs_.find(name->connection);
  const ProofRef proof = found == proofs_.end() ? nullptr : found->second.lock();
  if (proof && proof->moment.load(std::memory_order_relaxed) < name->moment) {
    proof->moment.store(name->moment, std::memory_order_release);
    returns_.observe(now - sent);
  }
  return true;
}

/// Has it come back before another one that the server had before it, as it has said or not? REQUIRES: mutex_ is held.
bool Canaries::overtakes(SteadyTime sent, bool taken) const {
  return std::ranges::any_of(missing_, [&](const Missing& one) {
    return one.taken == taken && one.since + maxStaleness() / kOvertaken < sent;
  });
}

/// REQUIRES: mutex_ is held.
bool Canaries::endsSilence(SteadyTime sent) const {
  return waited_in_vain_ && latest_back_ && sent - *latest_back_ > maxStaleness();
}

/// REQUIRES: mutex_ is held.
void Canaries::miss(const SubscriptionRef& of, std::string_view key, SteadyTime now, bool taken) {
  if (missing_.size() >= kMostMissing) return;
  const auto name = parseName(key.substr(of->prefix.size()));
  if (!name) return;
  const auto found = proofs_.find(name->connection);
  const ProofRef proof = found == proofs_.end() ? nullptr : found->second.lock();
  if (proof && proof->moment.load(std::memory_order_relaxed) >= name->moment) return;  // it was back sooner than that
  missing_.push_back(Missing{.connection = name->connection, .moment = name->moment, .since = now, .taken = taken});
}

Canaries::ProofRef Canaries::add() {
  auto proof = std::make_shared<Proof>();
  const std::lock_guard lock(mutex_);
  // Connections are made anew every minute, while the subscription may stand for weeks.
  if (proofs_.size() >= 2 * alive_proofs_ + 64) forgetProofs();
  proof->number = next_number_++;
  proofs_.emplace(proof->number, proof);
  return proof;
}

Canaries::SubscriptionRef Canaries::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

Canaries::SubscriptionRef Canaries::currentForWriting(SteadyTime now) {
  const std::lock_guard lock(mutex_);
  if (latest_ && now - latest_->sent >= life() / 2) beginEra(DistrustReason::kUnused);
  return current_;
}

std::string Canaries::latest(const SubscriptionRef& of) const {
  const std::lock_guard lock(mutex_);
  return current_ == of && latest_ ? latest_->key : std::string();
}

void Canaries::written(const SubscriptionRef& of, const std::string& key, SteadyTime sent, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  if (current_ != of) return;
  miss(of, key, now, true);
  if (latest_ && latest_->sent > sent) return;
  latest_ = Written{.key = key, .sent = sent};
}

void Canaries::unanswered(const SubscriptionRef& of, const std::string& key, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  if (current_ == of) miss(of, key, now, false);
}

void Canaries::waitedInVain() {
  const std::lock_guard lock(mutex_);
  waited_in_vain_ = true;
}

void Canaries::renew(const SubscriptionRef& of, DistrustReason why) {
  const std::lock_guard lock(mutex_);
  if (current_ != of || of == nullptr) return;
  beginGeneration(why);
  given_up_for_ = why;
}

void Canaries::renewAll() {
  const std::lock_guard lock(mutex_);
  beginGeneration(DistrustReason::kSwitch);
  given_up_for_.reset();
}

std::optional<DistrustReason> Canaries::givenUpFor() const {
  const std::lock_guard lock(mutex_);
  return given_up_for_;
}

/// REQUIRES: mutex_ is held.
void Canaries::beginGeneration(DistrustReason why) {
  countLoss(why);
  publish(nullptr);
  trust_.distrust();
  generation_.fetch_add(1, std::memory_order_acq_rel);
}

}  // namespace sessiond
