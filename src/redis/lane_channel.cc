#include "redis/lane_channel.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "redis/error_reply.h"
#include "redis/session_reading.h"
#include "redis/ttl_argument.h"

namespace sessiond {

namespace {

using Type = RedisReply::Type;

/// Canaries that nobody's trust contradicts are waited for a while longer.
constexpr int kSilencesUntilGivenUp = 3;

}  // namespace

LaneChannel::LaneChannel(RedisNode& node, Canaries* canaries, milliseconds max_staleness, EventLoop& loop,
                         const Clock& clock)
    : node_(node),
      canaries_(canaries),
      loop_(loop),
      clock_(clock),
      interval_(std::max<milliseconds>(max_staleness / kSignsWithinStaleness, milliseconds(10))),
      connection_(node, loop, clock, *this),
      successor_(node, loop, clock) {
  noteUse();
}

LaneChannel::~LaneChannel() {
  loop_.forget(*this);
}

void LaneChannel::noteUse() {
  last_use_ = clock_.steadyNow();
  if (canaries_ == nullptr || std::exchange(ticking_, true)) return;
  loop_.callAt(last_use_, *this);
}

void LaneChannel::send(Query& query, SteadyTime deadline) {
  SESSIOND_CHECK(query_ == nullptr);
  query_ = &query;
  deadline_ = deadline;
  retried_ = false;
  asked_.emplace(node_, clock_.steadyNow());
  if (!*asked_) return finish(StoreError::kUnavailable);
  // A sign of life that is under way, or a connection that is being made for one, comes first.
  if (connection_.closed() || connection_.ready()) start();
}

void LaneChannel::start() {
  const SteadyTime now = clock_.steadyNow();
  if (now >= deadline_) return finish(asked_->failed(noAnswerInTime(), now));
  if (connection_.ready()) renewIfDue(now);
  if (connection_.closed()) return open();
  transmit();
}

bool LaneChannel::isOutdated(SteadyTime now) const {
  return now >= renew_at_ || !connection_.leadsToNode() ||
         (canaries_ != nullptr && canaries_->generation() != generation_);
}

/// Behind this it is ready, or closed. A successor belongs to the present one's generation at least, since it was
/// sought when that was the latest; what it has proven is nothing yet.
void LaneChannel::renewIfDue(SteadyTime now) {
  if (isOutdated(now)) return connection_.close();
  if (now < renew_at_ - RedisNode::kSuccessorLead) return;
  successor_.seek(now);
  if (successor_.speaksAgainstPresent()) return connection_.close();
  if (!successor_.ready()) return;
  connection_.takeOver(successor_.connection());
  answered_before_ = true;  // when it was greeted
  renew_at_ = successor_.renewAt();
  next_sign_ = now;
  if (canaries_ != nullptr) proof_ = canaries_->add();
  missing_since_.reset();  // that canary was the other's, and what the new proof tells is not of it
}

void LaneChannel::open() {
  const SteadyTime now = clock_.steadyNow();
  successor_.drop();
  answered_before_ = false;
  carries_query_ = query_ != nullptr;
  generation_ = canaries_ == nullptr ? 0 : canaries_->generation();
  renew_at_ = now + RedisNode::newAgeLimit();
  next_sign_ = now;
  proof_ = canaries_ == nullptr ? nullptr : canaries_->add();
  subscription_ = nullptr;
  const SteadyTime limit = now + node_.connectTimeout();
  connection_.open(query_ == nullptr ? limit : std::min(limit, deadline_));
}

void LaneChannel::opened() {
  transmit();
}

void LaneChannel::transmit() {
  const SteadyTime now = clock_.steadyNow();
  commands_.clear();
  writeSign();
  carries_query_ = query_ != nullptr;
  if (carries_query_) query_->write(commands_);
  if (commands_.count() == 0) return;
  SessionReading::shrink(replies_);
  connection_.ask(commands_, replies_, carries_query_ ? deadline_ : now + node_.commandTimeout());
}

/// If one is due: a canary is written, and the latest before it read, behind it, so that there is no moment at which
/// databases could be swapped unseen; or the role is asked for, and whether writes are taken. It is due with every
/// query while they are not. Where canaries are refused, or replicas lack, both: what refuses canaries, a full server
/// say, hides whether replicas are lacking. So is it where the role is not told.
void LaneChannel::writeSign() {
  const SteadyTime now = clock_.steadyNow();
  sign_ = {.sent = now};
  if (canaries_ != nullptr) {
    if (Canaries::SubscriptionRef current = canaries_->currentForWriting(now); current != subscription_) {
      subscription_ = std::move(current);
      missing_since_.reset();
      next_sign_ = now;
    }
  }
  if (now < next_sign_ && !node_.writes().lackReplicas()) return;
  next_sign_ = now + interval_;
  // A canary that is written tells a replica by its error.
  sign_.asks_role = (subscription_ == nullptr || canary_refused_) && answered_before_ && connection_.tellsRole();
  if (sign_.asks_role) NodeRole::ask(commands_);
  sign_.must_show = node_.role().mustBeShown(connection_.tellsRole());
  const bool in_doubt = subscription_ == nullptr || canary_refused_ || node_.writes().lackReplicas();
  if (sign_.must_show || (in_doubt && node_.writes().mustBeTaken())) {
    sign_.probe = node_.writes().probe(commands_);
  }
  sign_.replies = commands_.count();
  if (subscription_ == nullptr) return;
  const std::string moment = std::to_string(now.time_since_epoch().count());
  sign_.canary = subscription_->prefix + std::to_string(proof_->number) + ":" + moment;
  sign_.canary_at = commands_.count();
  const auto life = std::chrono::ceil<std::chrono::seconds>(canaries_->life());
  commands_.add({"SET", sign_.canary, moment, "EX", ttlArgument(life)});
  sign_.before = canaries_->latest(subscription_);
  if (!sign_.before.empty()) commands_.add({"GET", sign_.before});
  sign_.replies = commands_.count();
}

void LaneChannel::answered() {
  const SteadyTime now = clock_.steadyNow();
  answered_before_ = true;
  const auto believed = judgeSign();
  sign_.canary.clear();
  if (!believed) return leave(believed.error());
  if (!*believed && carries_query_) return finish(asked_->disbelieved(replies_));
  if (!carries_query_) {
    node_.noteErrors(replies_);
    if (query_ != nullptr) start();
    return;
  }
  if (!retried_ && node_.role().shouldTryElsewhere(replies_, now)) {
    node_.observers().tellLost();
    retried_ = true;
    connection_.close();
    return start();
  }
  if (const auto accepted = asked_->answered(replies_, now); !accepted) return finish(accepted.error());
  Query& query = *std::exchange(query_, nullptr);
  asked_.reset();
  carries_query_ = false;
  query.answered(replies_, sign_.replies, isTracked(now));
}

/// Another one may have taken its place.
void LaneChannel::leave(const ConnectionError& reason) {
  node_.observers().tellLost();
  connection_.close();
  if (query_ == nullptr) return;
  if (!std::exchange(retried_, true)) return start();
  failed(reason);
}

Expected<bool, ConnectionError> LaneChannel::judgeSign() {
  // What a server says that has just ceased to be the node is nothing.
  if (!connection_.leadsToNode()) return Unexpected(refusedByReplica());
  if (sign_.asks_role && node_.role().isDeniedBy(replies_[0])) return Unexpected(refusedByReplica());
  const RedisReply* const probe = sign_.probe.empty() ? nullptr : &replies_[sign_.asks_role ? 1 : 0];
  const RedisReply* const canary = sign_.canary.empty() ? nullptr : &replies_[sign_.canary_at];
  if (probe == nullptr && canary == nullptr) return true;
  for (const RedisReply* const written : {probe, canary}) {
    if (written == nullptr || written->type != Type::kError) continue;
    if (classifyError(written->text).meaning != ErrorMeaning::kRetryElsewhere) continue;
    if (node_.role().allowsReplica()) return true;
    return Unexpected(refusedByReplica());
  }
  if (auto why = sign_.must_show ? NodeRole::judgeShown(*probe) : std::nullopt) return Unexpected(*std::move(why));
  const bool takes_writes = node_.writes().judge(probe != nullptr ? *probe : *canary);
  if (probe != nullptr) node_.writes().noteRedirect(*probe, sign_.probe);
  if (canary != nullptr) node_.writes().noteRedirect(*canary, sign_.canary);
  if (takes_writes && canary != nullptr) judgeCanary();
  return takes_writes;
}

void LaneChannel::judgeCanary() {
  canary_refused_ = replies_[sign_.canary_at].type != Type::kStatus;
  if (!sign_.before.empty()) {
    const RedisReply& before = replies_[sign_.canary_at + 1];
    const std::string_view moment = std::string_view(sign_.before).substr(sign_.before.rfind(':') + 1);
    const bool same = before.type == Type::kString && before.text == moment;
    // Where both are refused, nothing was proven.
    if (!same && (before.type != Type::kError || !canary_refused_)) {
      return canaries_->renew(subscription_, DistrustReason::kDatabase);
    }
  }
  if (canary_refused_) return;  // full, say: nothing is fresh then, loads go on
  const SteadyTime now = clock_.steadyNow();
  canaries_->written(subscription_, sign_.canary, sign_.sent, now);
  last_sent_ = sign_.sent;
  missCanaries(now);
}

void LaneChannel::missCanaries(SteadyTime now) {
  const SteadyTime::rep proven = proof_->moment.load(std::memory_order_acquire);
  const auto isProven = [proven](SteadyTime sent) {
    return proven != Canaries::Proof::kNever && sent.time_since_epoch().count() <= proven;
  };
  if (missing_since_ && isProven(*missing_since_)) missing_since_.reset();
  if (!missing_since_ && !isProven(last_sent_)) missing_since_ = last_sent_;
  if (!missing_since_) return;
  const milliseconds patience = canaries_->maxStaleness() * (canaries_->trusted(now) ? 1 : kSilencesUntilGivenUp);
  if (now - *missing_since_ <= patience) return;
  canaries_->renew(subscription_, DistrustReason::kCanaries);
}

bool LaneChannel::isTracked(SteadyTime now) const {
  if (subscription_ == nullptr) return false;
  const SteadyTime::rep proven = proof_->moment.load(std::memory_order_acquire);
  if (proven == Canaries::Proof::kNever) return false;
  return now - SteadyTime(SteadyTime::duration(proven)) <= canaries_->maxStaleness();
}

void LaneChannel::failed(const ConnectionError& error) {
  const bool had_ended = error.kind == ConnectionError::Kind::kClosed && answered_before_;
  // Who closes a connection, or refuses it, has left nothing out.
  using Kind = ConnectionError::Kind;
  if (canaries_ != nullptr && error.kind != Kind::kClosed && error.kind != Kind::kRejected) {
    canaries_->waitedInVain();
    if (!sign_.canary.empty()) canaries_->unanswered(subscription_, sign_.canary, clock_.steadyNow());
  }
  sign_ = {};
  if (query_ == nullptr) {
    if (!had_ended) node_.reports().noteFailure(error);
    return;
  }
  // Of a sign of life alone, or on a connection that had died while nobody looked: the query has not had its try.
  if ((!carries_query_ || had_ended) && !retried_ && clock_.steadyNow() < deadline_) {
    retried_ = true;
    return start();
  }
  finish(asked_->failed(error, clock_.steadyNow()));
}

/// The last thing that is done: the query's owner may send the next one.
void LaneChannel::finish(StoreError error) {
  Query& query = *std::exchange(query_, nullptr);
  asked_.reset();
  carries_query_ = false;
  query.failed(error);
}

/// A sign of life, if no query goes with one, as long as anybody makes checks.
void LaneChannel::onTime() {
  const SteadyTime now = clock_.steadyNow();
  ticking_ = now - last_use_ <= kUsedFor * canaries_->maxStaleness();
  if (!ticking_) return;
  loop_.callAt(now + interval_, *this);
  if (query_ != nullptr || node_.breaker().isOpen() || !node_.isVouchedFor(now)) return;
  if (connection_.ready()) renewIfDue(now);
  if (connection_.closed()) return open();
  if (connection_.ready()) transmit();
}

}  // namespace sessiond
