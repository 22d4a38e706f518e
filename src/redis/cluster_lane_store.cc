#include "redis/cluster_lane_store.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"
#include "redis/cluster_client.h"
#include "redis/hash_slot.h"
#include "redis/key_touching.h"
#include "redis/redirect.h"

namespace sessiond {

namespace {

/// As many as are under way in a lane at most times, of each group of nodes one; they keep the memory of their replies.
constexpr std::size_t kMostIdle = 8;
/// Of a group: behind the session's node stands the user's, if one is asked for.
constexpr unsigned kUserShift = 8;
constexpr LaneStore::Group kSessionMask = (1U << kUserShift) - 1;
static_assert(ClusterNodes::kMost <= kSessionMask);
/// How long something may wait for a node that has its slot no longer.
constexpr milliseconds kLookInterval{20};

/// What std::swap does, without a third reply that has to be made and ended: several times a check.
void swapReplies(RedisReply& left, RedisReply& right) {
  std::swap(left.type, right.type);
  std::swap(left.integer, right.integer);
  left.text.swap(right.text);
  left.elements.swap(right.elements);
}

}  // namespace

ClusterLaneStore::ClusterLaneStore(ClusterNodes& nodes, RedisAccess& access, ClusterTrust& trust, bool cache_enabled,
                                   const SessionSettings& config, RedisKeys keys, EventLoop& loop, const Clock& clock)
    : nodes_(nodes),
      access_(access),
      trust_(trust),
      cache_enabled_(cache_enabled),
      max_staleness_(config.cache.max_staleness),
      keys_(std::move(keys)),
      reading_(config, keys_),
      loop_(loop),
      clock_(clock),
      epoch_took_(max_staleness_) {
  noteUse();
}

ClusterLaneStore::~ClusterLaneStore() {
  loop_.forget(*this);
}

void ClusterLaneStore::noteUse() {
  last_use_ = clock_.steadyNow();
  if (!cache_enabled_ || next_tick_ != SteadyTime::max()) return;
  epoch_failed_.reset();  // long ago
  next_tick_ = last_use_;
  waitForTime();
}

LaneStore::Group ClusterLaneStore::groupOf(Slot slot) const {
  return nodes_.numberOf(slot);
}

LaneStore::Group ClusterLaneStore::groupOf(const SessionId& id) const {
  return groupOf(keys_.slotOfSession(id.bytes()));
}

LaneStore::Group ClusterLaneStore::groupOf(const SessionLoad& load) const {
  const Group session = groupOf(*load.id);
  return load.user.empty() ? session : session | groupOf(keys_.slotOfUser(load.user)) << kUserShift;
}

ClusterLaneStore::NodeQueue& ClusterLaneStore::queueOf(ClusterNodes::Node& node) {
  std::unique_ptr<NodeQueue>& queue = queues_[node.number];
  if (queue == nullptr) {
    queue = std::make_unique<NodeQueue>(*this, node);
    known_.push_back(queue.get());
  }
  return *queue;
}

ClusterLaneStore::SplitBatchRef ClusterLaneStore::makePending(SteadyTime deadline) {
  const auto free = std::ranges::find_if(idle_, [](const SplitBatchRef& one) { return one.use_count() == 1; });
  SplitBatchRef pending;
  if (free == idle_.end()) {
    pending = std::make_shared<SplitBatch>();
  } else {
    pending = std::move(*free);
    idle_.erase(free);
    pending->batch = nullptr;
    pending->client = nullptr;
    pending->epoch_at.reset();
    pending->awaits_epoch = false;
    pending->tracked = true;
    pending->over = false;
    pending->commands.clear();
    pending->pieces.clear();
  }
  pending->sent = clock_.steadyNow();
  pending->deadline = deadline;
  pending_.push_back(pending);
  return pending;
}

void ClusterLaneStore::send(StoreBatch& batch, SteadyTime deadline, Client& client) {
  const SplitBatchRef pending = makePending(deadline);
  pending->batch = &batch;
  pending->client = &client;
  const bool loads = !batch.loads.empty();
  pending->awaits_epoch = loads && !trust_.epoch().known(pending->sent) && !isEpochLate(pending->sent);
  reading_.write(batch.loads, pending->commands, pending->awaits_epoch);
  if (pending->awaits_epoch) pending->epoch_at = pending->commands.count() - 1;
  writeTouches(batch.touches, keys_, pending->sent, pending->commands);
  const bool asks_apart = loads && !pending->awaits_epoch;
  dispatch(pending, pending->awaits_epoch ? nullptr : onlyNodeOf(batch));
  if (asks_apart) askForEpoch(max_staleness_ / 2);
}

/// The one that has everything that the batch asks for; null: there is none, or it would have to be found out anew.
/// What its sessions were noted of (session_cache.h) was this node's as well, since the table is what it was before.
ClusterNodes::Node* ClusterLaneStore::onlyNodeOf(const StoreBatch& batch) const {
  const Group session = batch.group & kSessionMask;
  const Group user = batch.group >> kUserShift;
  if (session == kMixed || (user != kMixed && user != session) || !nodes_.isAsAt(batch.groups_version)) return nullptr;
  const bool have_one_slot =
      std::ranges::all_of(batch.loads, [&](const SessionLoad& load) { return keys_.haveOneSlot(load.id->bytes()); });
  return have_one_slot ? nodes_.at(static_cast<ClusterNodes::Number>(session)) : nullptr;
}

void ClusterLaneStore::dispatch(const SplitBatchRef& pending, ClusterNodes::Node* only) {
  pending->unanswered = pending->commands.count();
  pending->replies.resize(pending->unanswered);
  static const RedisReply kNone = noAnswer();
  for (RedisReply& reply : pending->replies) {
    reply.type = kNone.type;
    reply.text = kNone.text;
    reply.elements.clear();
  }
  const CommandRun all = {.pending = pending, .first = 0, .count = pending->unanswered};
  if (only != nullptr) {
    queueOf(*only).add(all);
  } else {
    route(all);
  }
  startAll();
  finishDone();
}

const CommandPiece& ClusterLaneStore::SplitBatch::piece(std::size_t index) {
  if (pieces.empty()) {
    takeApart(commands, pieces);
    for (const CommandPiece& piece : pieces) SESSIOND_CHECK(piece.slot.has_value());
  }
  return pieces[index];
}

std::string_view ClusterLaneStore::CommandRun::bytes() const {
  if (count == pending->commands.count()) return pending->commands.bytes();
  const char* const begin = pending->piece(first).bytes.data();
  const std::string_view last = pending->piece(first + count - 1).bytes;
  return {begin, static_cast<std::size_t>(last.data() - begin) + last.size()};
}

/// Does the table lead some of it to another node, or to none?
bool ClusterLaneStore::isElsewhere(const CommandRun& run, const ClusterNodes::Node& node) const {
  if (run.asking) return false;
  for (std::size_t i = run.first; i < run.first + run.count; ++i) {
    if (run.pending->nodeOf(i, nodes_) != &node) return true;
  }
  return false;
}

/// To where its slots are, in pieces if those are apart.
void ClusterLaneStore::route(const CommandRun& run) {
  const std::size_t end = run.first + run.count;
  for (std::size_t i = run.first; i < end;) {
    const std::size_t first = i;
    ClusterNodes::Node* const node = run.pending->nodeOf(i, nodes_);
    while (++i < end && run.pending->nodeOf(i, nodes_) == node) {
    }
    CommandRun part = run.part(first, i - first);
    if (node != nullptr) {
      queueOf(*node).add(std::move(part));
    } else {
      nodes_.requestRefresh(ClusterNodes::RefreshReason::kTrouble);
      settleInVain(part);
    }
  }
}

void ClusterLaneStore::followSlots() {
  const std::uint64_t version = nodes_.version();
  if (std::exchange(followed_, version) == version) return;
  // More may become known meanwhile.
  for (std::size_t i = 0; i < known_.size(); ++i) known_[i]->handOver();  // NOLINT(modernize-loop-convert)
}

void ClusterLaneStore::startAll() {
  followSlots();
  bool is_waiting = false;
  for (std::size_t i = 0; i < known_.size(); ++i) {  // NOLINT(modernize-loop-convert): more may become known
    known_[i]->start();
    is_waiting = is_waiting || known_[i]->hasWaiting();
  }
  if (is_waiting && next_look_ == SteadyTime::max()) next_look_ = clock_.steadyNow() + kLookInterval;
  waitForTime();
}

/// Of a batch that is over they are let fall.
void ClusterLaneStore::takeReplies(const CommandRun& run, RedisReply* replies, bool tracked, ClusterNodes::Node& from) {
  SplitBatch& pending = *run.pending;
  if (pending.over) return;
  for (std::size_t i = run.first; i < run.first + run.count; ++i) {
    RedisReply& reply = *replies++;
    if (const auto redirect = run.redirects < kMostRedirects ? redirectIn(reply) : std::nullopt) {
      leadOn(run.part(i), *redirect, from);
      continue;
    }
    if (isServedByNobody(reply)) nodes_.requestRefresh(ClusterNodes::RefreshReason::kMoved);
    pending.tracked = pending.tracked && tracked && run.redirects == 0;
    settle(pending, i, reply);
  }
}

void ClusterLaneStore::leadOn(CommandRun one, const Redirect& redirect, ClusterNodes::Node& from) {
  if (redirect.kind == Redirect::Kind::kTryAgain) {
    one.asking = false;
    one.not_before = clock_.steadyNow() + kTryAgainAfter;
    delayed_.push_back(std::move(one));
    return;
  }
  ++one.redirects;
  ClusterNodes::Node* const next = nodes_.follow(redirect, from);
  if (next == nullptr) return settleInVain(one);
  one.asking = redirect.kind == Redirect::Kind::kAsk;
  queueOf(*next).add(std::move(one));
}

/// This node does not answer. What another one has by now goes there.
void ClusterLaneStore::giveUp(const CommandRun& run, const ClusterNodes::Node& node) {
  if (run.pending->over) return;
  for (std::size_t i = run.first; i < run.first + run.count; ++i) {
    CommandRun one = run.part(i);
    if (one.redirects < kMostRedirects && isElsewhere(one, node)) {
      ++one.redirects;
      route(one);
    } else {
      settleInVain(one);
    }
  }
}

void ClusterLaneStore::settleInVain(const CommandRun& run) {
  for (std::size_t i = run.first; i < run.first + run.count; ++i) {
    RedisReply none = noAnswer();
    settle(*run.pending, i, none);
  }
}

/// Takes the reply; leaves the memory of the one before, for the next that is read.
void ClusterLaneStore::settle(SplitBatch& pending, std::size_t index, RedisReply& reply) {
  if (pending.over) return;
  swapReplies(pending.replies[index], reply);
  if (pending.epoch_at == index) noteEpoch(pending);
  if (--pending.unanswered > 0) return;
  const auto own = std::ranges::find_if(pending_, [&](const SplitBatchRef& one) { return one.get() == &pending; });
  SESSIOND_CHECK(own != pending_.end());
  done_.push_back(*own);
}

/// Tells whoever waits for what has come. May be asked for more meanwhile.
void ClusterLaneStore::finishDone() {
  if (std::exchange(finishing_, true)) return;
  while (!done_.empty()) {
    SplitBatchRef pending = std::move(done_.back());
    done_.pop_back();
    if (pending->over) continue;
    finish(*pending);
    if (idle_.size() == kMostIdle) continue;
    SessionReading::shrink(pending->replies);
    idle_.push_back(std::move(pending));
  }
  finishing_ = false;
  waitForTime();
}

void ClusterLaneStore::finish(SplitBatch& pending) {
  pending.over = true;
  std::erase_if(pending_, [&](const SplitBatchRef& one) { return one.get() == &pending; });
  if (epoch_batch_.get() == &pending) epoch_batch_.reset();
  if (pending.awaits_epoch) noteEpoch(pending);
  if (pending.batch == nullptr) return;
  StoreBatch& batch = *pending.batch;
  batch.tracked = pending.tracked;
  SessionReading::read(batch.loads, pending.replies, 0, false);
  reading_.refuseSplit(batch.loads, access_);
  // What the batch itself was told is as young as the rest of it, however long it took.
  std::optional<std::uint64_t> epoch = trust_.epoch().known(clock_.steadyNow());
  const RedisReply* const own = pending.epoch_at ? &pending.replies[*pending.epoch_at] : nullptr;
  if (own != nullptr) epoch = std::max(epoch, SessionReading::epochIn(*own));
  for (SessionLoad& load : batch.loads) {
    if (load.result) load.result->epoch = epoch;
  }
  readTouches(batch.touches, pending.replies, pending.replies.size() - batch.touches.size());
  pending.client->answered(batch);
}

/// Of a batch's question the reply has come, or none will.
void ClusterLaneStore::noteEpoch(SplitBatch& pending) {
  pending.awaits_epoch = false;
  const RedisReply& reply = pending.replies[*pending.epoch_at];
  const auto epoch = SessionReading::epochIn(reply);
  const SteadyTime now = clock_.steadyNow();
  const bool is_answer = epoch || SessionReading::isEpochDamaged(reply);
  epoch_failed_ = is_answer ? std::nullopt : std::optional(now);
  if (is_answer) epoch_took_ = now - pending.sent;
  if (epoch) trust_.epoch().note(*epoch, pending.sent);
}

/// Would whoever waits for it likely do so in vain?
bool ClusterLaneStore::isEpochLate(SteadyTime now) const {
  const auto patience =
      std::max<SteadyTime::duration>(max_staleness_ / LaneChannel::kSignsWithinStaleness, 2 * epoch_took_);
  const bool just_failed = epoch_failed_ && now - *epoch_failed_ <= max_staleness_;
  return just_failed || std::ranges::any_of(pending_, [&](const SplitBatchRef& one) {
           return one->awaits_epoch && (epoch_failed_ || now - one->sent > patience);
         });
}

/// If it was not asked for within that time. Who asks as well finds the answer there.
void ClusterLaneStore::askForEpoch(milliseconds age) {
  const SteadyTime now = clock_.steadyNow();
  if (epoch_batch_ != nullptr || now < epoch_next_ || trust_.epoch().isYounger(age, now)) return;
  epoch_next_ = now + max_staleness_ / (2 * LaneChannel::kSignsWithinStaleness);
  epoch_batch_ = makePending(now + nodes_.budget());
  epoch_batch_->epoch_at = 0;
  epoch_batch_->awaits_epoch = true;
  reading_.writeEpoch(epoch_batch_->commands);
  dispatch(SplitBatchRef(epoch_batch_), nullptr);
}

void ClusterLaneStore::onTime() {
  waiting_for_ = SteadyTime::max();
  const SteadyTime now = clock_.steadyNow();
  for (const SplitBatchRef& pending : pending_) {
    if (pending->deadline <= now) done_.push_back(pending);
  }
  std::vector<CommandRun> ready;
  std::erase_if(delayed_, [&](CommandRun& one) {
    if (one.not_before > now) return false;
    ready.push_back(std::move(one));
    return true;
  });
  for (CommandRun& one : ready) {
    if (!one.pending->over) route(one);
  }
  if (next_look_ <= now) next_look_ = SteadyTime::max();
  if (next_tick_ <= now) {
    const bool is_used = now - last_use_ <= LaneChannel::kUsedFor * max_staleness_;
    next_tick_ =
        is_used ? now + std::max<milliseconds>(max_staleness_ / LaneChannel::kSignsWithinStaleness, milliseconds(10))
                : SteadyTime::max();
    if (is_used) {
      for (ClusterNodes::Node* const node : nodes_.serving()) queueOf(*node).noteUse();
      askForEpoch(max_staleness_ / LaneChannel::kSignsWithinStaleness);
    }
  }
  startAll();
  finishDone();
}

void ClusterLaneStore::waitForTime() {
  SteadyTime next = std::min(next_tick_, next_look_);
  for (const SplitBatchRef& pending : pending_) next = std::min(next, pending->deadline);
  for (const CommandRun& one : delayed_) next = std::min(next, one.not_before);
  // A moment too early is looked at and let pass; each batch would set another one.
  if (next >= waiting_for_) return;
  waiting_for_ = next;
  loop_.callAt(next, *this);
}

}  // namespace sessiond
