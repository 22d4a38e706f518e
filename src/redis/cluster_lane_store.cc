#include "redis/cluster_lane_store.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"
#include "redis/cluster_client.h"
#include "redis/hash_slot.h"
#include "redis/key_touching.h"
#include "redis/redirect.h"
#include "redis/redis_lane_store.h"

namespace sessiond {

namespace {

using std::chrono::milliseconds;

/// So many commands go to one node at once: those of as many loads as a batch has.
constexpr std::size_t kMostAtOnce = 256;
/// As for canaries (lane_channel.cc).
constexpr int kTicksWithinStaleness = 4;
constexpr int kUsedFor = 10;
/// How long something may wait for a node that has its slot no longer.
constexpr milliseconds kLookInterval{20};

}  // namespace

// --- what waits for one node -------------------------------------------------------------------------------------

ClusterLaneStore::Stop::Stop(ClusterLaneStore& store, ClusterNodes::Node& node)
    : store_(store),
      node_(node),
      channel_(node.client.node(), store.keeps_ ? store.sights_.canariesOf(node.number) : nullptr, store.max_staleness_,
               store.loop_, store.clock_) {}

void ClusterLaneStore::Stop::handOver() {
  std::vector<Errand> leaving;
  std::erase_if(waiting_, [&](Errand& one) {
    if (!store_.isElsewhere(one, node_)) return false;
    leaving.push_back(std::move(one));
    return true;
  });
  for (Errand& one : leaving) store_.route(std::move(one));
}

void ClusterLaneStore::Stop::start() {
  if (std::exchange(starting_, true)) return;
  while (under_way_.empty() && !waiting_.empty()) {
    SteadyTime deadline = SteadyTime::min();
    while (!waiting_.empty() && under_way_.size() < kMostAtOnce) {
      if (!waiting_.front().flight->over) {
        deadline = std::max(deadline, waiting_.front().flight->deadline);
        under_way_.push_back(std::move(waiting_.front()));
      }
      waiting_.pop_front();
    }
    if (!under_way_.empty()) channel_.send(*this, deadline);
  }
  starting_ = false;
}

void ClusterLaneStore::Stop::write(RedisCommands& commands) {
  for (const Errand& one : under_way_) {
    if (one.asking) commands.add({"ASKING"});
    commands.addWhole(one.flight->pieces[one.index].bytes);
  }
}

void ClusterLaneStore::Stop::answered(RedisReplies& replies, std::size_t first, bool tracked) {
  std::vector<Errand> done = std::exchange(under_way_, {});
  for (Errand& one : done) {
    first += one.asking ? 1 : 0;
    store_.takeReply(one, replies[first++], tracked, node_);
  }
  store_.startAll();
  store_.land();
}

void ClusterLaneStore::Stop::failed(StoreError) {
  store_.nodes_.wish(ClusterNodes::Doubt::kTrouble);
  for (Errand& one : std::exchange(under_way_, {})) {
    const bool leads_on = one.redirects < kMostRedirects && store_.isElsewhere(one, node_);
    if (!leads_on || one.flight->over) {
      store_.settle(*one.flight, one.index, noAnswer());
    } else {
      ++one.redirects;
      store_.route(std::move(one));
    }
  }
  store_.startAll();
  store_.land();
}

// --- the store ---------------------------------------------------------------------------------------------------

ClusterLaneStore::ClusterLaneStore(ClusterNodes& nodes, RedisAccess& access, ClusterSights& sights, bool keeps,
                                   const SessionSettings& config, RedisKeys keys, EventLoop& loop, const Clock& clock)
    : nodes_(nodes),
      access_(access),
      sights_(sights),
      keeps_(keeps),
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
  if (!keeps_ || next_tick_ != SteadyTime::max()) return;
  epoch_failed_.reset();  // long ago
  next_tick_ = last_use_;
  waitForTime();
}

LaneStore::Group ClusterLaneStore::groupOf(Slot slot) const {
  return nodes_.numberOf(slot);
}

LaneStore::Group ClusterLaneStore::groupOf(const SessionId& id) const {
  return groupOf(hashSlot(keys_.session(id.bytes())));
}

LaneStore::Group ClusterLaneStore::groupOf(const SessionLoad& load) const {
  constexpr unsigned kUserShift = 8;
  const Group session = groupOf(*load.id);
  return load.user.empty() ? session : session | groupOf(hashSlot(keys_.user(load.user))) << kUserShift;
}

ClusterLaneStore::Stop& ClusterLaneStore::stopOf(ClusterNodes::Node& node) {
  std::unique_ptr<Stop>& stop = stops_[node.number];
  if (stop == nullptr) stop = std::make_unique<Stop>(*this, node);
  return *stop;
}

ClusterLaneStore::FlightRef ClusterLaneStore::makeFlight(SteadyTime deadline) {
  auto flight = std::make_shared<Flight>();
  flight->sent = clock_.steadyNow();
  flight->deadline = deadline;
  flights_.push_back(flight);
  return flight;
}

void ClusterLaneStore::send(StoreBatch& batch, SteadyTime deadline, Client& client) {
  const FlightRef flight = makeFlight(deadline);
  flight->batch = &batch;
  flight->client = &client;
  const bool loads = !batch.loads.empty();
  flight->awaits_epoch = loads && !sights_.epoch().known(flight->sent) && !isEpochLate(flight->sent);
  reading_.write(batch.loads, flight->commands, flight->awaits_epoch);
  if (flight->awaits_epoch) flight->epoch_at = flight->commands.count() - 1;
  writeTouches(batch.touches, keys_, flight->sent, flight->commands);
  const bool asks_apart = loads && !flight->awaits_epoch;
  depart(flight);
  if (asks_apart) askForEpoch(max_staleness_ / 2);
}

void ClusterLaneStore::depart(const FlightRef& flight) {
  flight->pieces = piecesOf(flight->commands);
  flight->replies.assign(flight->pieces.size(), noAnswer());
  flight->pending = flight->pieces.size();
  for (std::size_t i = 0; i < flight->pieces.size(); ++i) {
    SESSIOND_CHECK(flight->pieces[i].slot.has_value());
    route({.flight = flight, .index = i});
  }
  startAll();
  land();
}

/// Does the table lead it to another node, or to none?
bool ClusterLaneStore::isElsewhere(const Errand& errand, const ClusterNodes::Node& node) const {
  return !errand.asking && nodes_.of(*errand.flight->pieces[errand.index].slot) != &node;
}

/// To where its slot is.
void ClusterLaneStore::route(Errand errand) {
  ClusterNodes::Node* const node = nodes_.of(*errand.flight->pieces[errand.index].slot);
  if (node != nullptr) return stopOf(*node).add(std::move(errand));
  nodes_.wish(ClusterNodes::Doubt::kTrouble);
  settle(*errand.flight, errand.index, noAnswer());
}

void ClusterLaneStore::followSlots() {
  const std::uint64_t version = nodes_.version();
  if (std::exchange(followed_, version) == version) return;
  for (const auto& stop : stops_) {
    if (stop) stop->handOver();
  }
}

void ClusterLaneStore::startAll() {
  followSlots();
  bool is_waiting = false;
  for (const auto& stop : stops_) {
    if (!stop) continue;
    stop->start();
    is_waiting = is_waiting || stop->hasWaiting();
  }
  if (is_waiting && next_look_ == SteadyTime::max()) next_look_ = clock_.steadyNow() + kLookInterval;
  waitForTime();
}

void ClusterLaneStore::takeReply(Errand& errand, RedisReply& reply, bool tracked, ClusterNodes::Node& from) {
  Flight& flight = *errand.flight;
  if (flight.over) return;
  const auto redirect = errand.redirects < kMostRedirects ? redirectIn(reply) : std::nullopt;
  if (!redirect) {
    if (isServedByNobody(reply)) nodes_.wish(ClusterNodes::Doubt::kMoved);
    flight.tracked = flight.tracked && tracked && errand.redirects == 0;
    return settle(flight, errand.index, std::move(reply));
  }
  if (redirect->kind == Redirect::Kind::kTryAgain) {
    errand.asking = false;
    errand.not_before = clock_.steadyNow() + kTryAgainAfter;
    delayed_.push_back(std::move(errand));
    return;
  }
  ++errand.redirects;
  ClusterNodes::Node* const next = nodes_.follow(*redirect, from);
  if (next == nullptr) return settle(flight, errand.index, noAnswer());
  errand.asking = redirect->kind == Redirect::Kind::kAsk;
  stopOf(*next).add(std::move(errand));
}

void ClusterLaneStore::settle(Flight& flight, std::size_t index, RedisReply reply) {
  if (flight.over) return;
  flight.replies[index] = std::move(reply);
  if (flight.epoch_at == index) noteEpoch(flight);
  if (--flight.pending > 0) return;
  const auto own = std::ranges::find_if(flights_, [&](const FlightRef& one) { return one.get() == &flight; });
  SESSIOND_CHECK(own != flights_.end());
  landed_.push_back(*own);
}

/// Tells whoever waits for what has come. May be asked for more meanwhile.
void ClusterLaneStore::land() {
  if (std::exchange(landing_, true)) return;
  while (!landed_.empty()) {
    const FlightRef flight = landed_.back();
    landed_.pop_back();
    if (!flight->over) finish(*flight);
  }
  landing_ = false;
  waitForTime();
}

void ClusterLaneStore::finish(Flight& flight) {
  flight.over = true;
  std::erase_if(flights_, [&](const FlightRef& one) { return one.get() == &flight; });
  if (epoch_flight_.get() == &flight) epoch_flight_.reset();
  if (flight.awaits_epoch) noteEpoch(flight);
  if (flight.batch == nullptr) return;
  StoreBatch& batch = *flight.batch;
  batch.tracked = flight.tracked;
  SessionReading::read(batch.loads, flight.replies, 0, false);
  reading_.refuseSplit(batch.loads, access_);
  // What the batch itself was told is as young as the rest of it, however long it took.
  std::optional<std::uint64_t> epoch = sights_.epoch().known(clock_.steadyNow());
  const RedisReply* const own = flight.epoch_at ? &flight.replies[*flight.epoch_at] : nullptr;
  if (own != nullptr) epoch = std::max(epoch, SessionReading::epochIn(*own));
  for (SessionLoad& load : batch.loads) {
    if (load.result) load.result->epoch = epoch;
  }
  readTouches(batch.touches, flight.replies, flight.replies.size() - batch.touches.size());
  flight.client->answered(batch);
}

/// Of a flight's question the reply has come, or none will.
void ClusterLaneStore::noteEpoch(Flight& flight) {
  flight.awaits_epoch = false;
  const RedisReply& reply = flight.replies[*flight.epoch_at];
  const auto epoch = SessionReading::epochIn(reply);
  const SteadyTime now = clock_.steadyNow();
  const bool is_answer = epoch || SessionReading::isEpochDamaged(reply);
  epoch_failed_ = is_answer ? std::nullopt : std::optional(now);
  if (is_answer) epoch_took_ = now - flight.sent;
  if (epoch) sights_.epoch().note(*epoch, flight.sent);
}

/// Would whoever waits for it likely do so in vain?
bool ClusterLaneStore::isEpochLate(SteadyTime now) const {
  const auto patience = std::max<SteadyTime::duration>(max_staleness_ / kTicksWithinStaleness, 2 * epoch_took_);
  const bool just_failed = epoch_failed_ && now - *epoch_failed_ <= max_staleness_;
  return just_failed || std::ranges::any_of(flights_, [&](const FlightRef& one) {
           return one->awaits_epoch && (epoch_failed_ || now - one->sent > patience);
         });
}

/// If it was not asked for within that time. Who asks as well finds the answer there.
void ClusterLaneStore::askForEpoch(milliseconds age) {
  const SteadyTime now = clock_.steadyNow();
  if (epoch_flight_ != nullptr || now < epoch_next_ || sights_.epoch().isYounger(age, now)) return;
  epoch_next_ = now + max_staleness_ / (2 * kTicksWithinStaleness);
  epoch_flight_ = makeFlight(now + nodes_.budget());
  epoch_flight_->epoch_at = 0;
  epoch_flight_->awaits_epoch = true;
  reading_.writeEpoch(epoch_flight_->commands);
  depart(FlightRef(epoch_flight_));
}

void ClusterLaneStore::onTime() {
  waiting_for_ = SteadyTime::max();
  const SteadyTime now = clock_.steadyNow();
  for (const FlightRef& flight : flights_) {
    if (flight->deadline <= now) landed_.push_back(flight);
  }
  std::vector<Errand> ready;
  std::erase_if(delayed_, [&](Errand& one) {
    if (one.not_before > now) return false;
    ready.push_back(std::move(one));
    return true;
  });
  for (Errand& one : ready) {
    if (!one.flight->over) route(std::move(one));
  }
  if (next_look_ <= now) next_look_ = SteadyTime::max();
  if (next_tick_ <= now) {
    const bool is_used = now - last_use_ <= kUsedFor * max_staleness_;
    next_tick_ = is_used ? now + std::max<milliseconds>(max_staleness_ / kTicksWithinStaleness, milliseconds(10))
                         : SteadyTime::max();
    if (is_used) {
      for (ClusterNodes::Node* const node : nodes_.serving()) stopOf(*node).noteUse();
      askForEpoch(max_staleness_ / kTicksWithinStaleness);
    }
  }
  startAll();
  land();
}

void ClusterLaneStore::waitForTime() {
  SteadyTime next = std::min(next_tick_, next_look_);
  for (const FlightRef& flight : flights_) next = std::min(next, flight->deadline);
  for (const Errand& one : delayed_) next = std::min(next, one.not_before);
  if (next == waiting_for_) return;
  waiting_for_ = next;
  loop_.callAt(next, *this);
}

}  // namespace sessiond
