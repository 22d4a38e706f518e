#include "session/index_writer.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/named_thread.h"
#include "session/longest_life.h"

namespace sessiond {

/// Of these users it is being written: while one lives the lock is let go of, and whoever asks for one of them waits.
/// However the write ends, nobody waits any longer.
class IndexWriter::UnderWay {
 public:
  UnderWay(IndexWriter& writer, const Waiting& batch, std::unique_lock<std::mutex>& lock)
      : writer_(writer), batch_(batch), lock_(lock) {
    std::multiset<std::string, std::less<>> users;
    for (const auto& [user_id, sessions] : batch) users.insert(user_id);
    writer.under_way_.merge(users);  // takes no memory: all of them, or none
    lock.unlock();
  }
  ~UnderWay() {
    lock_.lock();
    for (const auto& [user_id, sessions] : batch_) writer_.under_way_.erase(writer_.under_way_.find(user_id));
    writer_.written_.notify_all();
  }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;

 private:
  IndexWriter& writer_;
  const Waiting& batch_;
  std::unique_lock<std::mutex>& lock_;
};

IndexWriter::IndexWriter(UserSessionIndex& index, const Clock& clock, MetricsRegistry& metrics, EndMissed end_missed)
    : index_(index),
      clock_(clock),
      noted_(metrics.counter("sessiond_index_notes_total",
                             "Sessions noted in the index of their user when a check had met them.")),
      left_out_(metrics.counter("sessiond_index_notes_left_out_total",
                                "Sessions not noted in the index of their user: too many waited, or it is damaged.")),
      end_missed_(std::move(end_missed)),
      full_log_(std::chrono::minutes(1)),
      thread_(startThread("index", [this](const std::stop_token& stop) { run(stop); })) {}

IndexWriter::~IndexWriter() {
  finish();
}

void IndexWriter::finish() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void IndexWriter::note(const KnownSession& session, std::optional<SteadyTime> ends, SteadyTime met) {
  if (session.userId().empty()) return;
  const SteadyTime now = clock_.steadyNow();
  SteadyTime end = ends.value_or(now);
  if (const auto ttl = session.facts().touch_ttl)
    end = std::max(end, now + std::min<std::chrono::seconds>(*ttl, kLongestCookieLife));
  end = std::min(end, now + kLongestCookieLife);
  if (!session.mustBeIndexed(end, now, lost_.load(std::memory_order_relaxed))) return;
  const std::lock_guard lock(mutex_);
  if (!hasRoom(now)) return session.noteLeftOut(met);
  // If the index has lost it meanwhile, or there was no room for it, it was met all the same.
  const auto before = session.indexedAt();
  for (const auto& earlier : {before, session.leftOutAt()})
    if (earlier) met = std::min(met, *earlier);
  // An index that may have been lost since then knows of it only what others noted.
  const bool again = before && *before > lost_.load(std::memory_order_relaxed) + KnownSession::kTick;
  add(session, {.ends = end, .met = met, .begun = begunBefore(session, met, now), .again = again});
  session.noteIndexed(end, now);
}

void IndexWriter::noteAnew(const KnownSession& session, SteadyTime before) {
  const auto met = session.indexedAt() ? session.indexedAt() : session.leftOutAt();
  if (session.userId().empty() || !met || *met > before) return;
  const SteadyTime now = clock_.steadyNow();
  const std::lock_guard lock(mutex_);
  if (hasRoom(now)) {
    add(session, {.ends = now, .met = *met, .begun = *met});
  } else {
    forgotten_ = true;
  }
}

bool IndexWriter::hasRoom(SteadyTime now) {
  if (size_ < kMaxWaiting) return true;
  left_out_.add();
  if (full_log_.pass(now)) logWarn("sessions: more wait to be noted in their users' indexes than there is room for");
  return false;
}

void IndexWriter::add(const KnownSession& session, const Noted& noted) {
  const bool first = waiting_.empty();
  if (keep(waiting_[std::string(session.userId())], session.id(), noted)) ++size_;
  if (first) arrived_.notify_one();
}

/// By what its login says, if that is this user's and somewhat older than clocks can be apart; else when it was met.
SteadyTime IndexWriter::begunBefore(const KnownSession& session, SteadyTime met, SteadyTime now) const {
  const std::optional<WallTime> login = session.facts().authenticated;
  if (!login) return met;
  const milliseconds age = clock_.wallNow() - *login - kClocksApart;
  return std::min(met, now - std::clamp<milliseconds>(age, milliseconds(0), kLongestCookieLife));
}

/// True: it was not there.
bool IndexWriter::keep(OfUser& where, const SessionId& id, const Noted& noted) {
  const auto [entry, is_new] = where.try_emplace(id, noted);
  Noted& kept = entry->second;
  kept = {.ends = std::max(kept.ends, noted.ends),
          .met = std::min(kept.met, noted.met),
          .begun = std::min(kept.begun, noted.begun),
          .again = kept.again && noted.again};
  return is_new;
}

/// Takes no memory: what has been taken from those that wait is not to be lost on the way.
void IndexWriter::join(OfUser& where, OfUser& more) {
  where.merge(more);
  for (const auto& [id, noted] : more) keep(where, id, noted);  // what stands in both
}

/// One server that is away leaves room for the users of all others.
void IndexWriter::keepLate(const std::string& user_id, const SessionId& id, const Noted& noted) {
  if (late_size_ >= kMaxWaiting / 2) {
    left_out_.add();
    forgotten_ = true;
  } else if (keep(late_[user_id], id, noted)) {
    ++late_size_;
  }
}

void IndexWriter::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  for (wait(lock, stop); !stop.stop_requested(); wait(lock, stop)) {
    arrived_.wait_for(lock, stop, kGathering, [] { return false; });
    static_cast<void>(writeOut(take(kLargestBatch), lock));
    if (late_at_ <= SteadyClock::now()) writeLate(lock);
  }
  writeLast(lock);
}

void IndexWriter::wait(std::unique_lock<std::mutex>& lock, const std::stop_token& stop) {
  const auto something = [this] { return !waiting_.empty(); };
  while (!stop.stop_requested() && !something() && SteadyClock::now() < late_at_) {
    // What fails meanwhile elsewhere sets another time.
    if (late_at_ == SteadyTime::max()) {
      arrived_.wait(lock, stop, [&] { return something() || late_at_ != SteadyTime::max(); });
    } else {
      arrived_.wait_until(lock, stop, late_at_, something);
    }
  }
}

/// What was never tried first; of the rest, whatever the store takes.
void IndexWriter::writeLast(std::unique_lock<std::mutex>& lock) {
  while (!waiting_.empty()) static_cast<void>(writeOut(take(kLargestBatch), lock));
  const Waiting late = std::exchange(late_, {});
  late_size_ = 0;
  static_cast<void>(writeOut(late, lock));
}

/// Lets go of the lock meanwhile. What fails is late. An error: something did.
Expected<void, StoreError> IndexWriter::writeOut(const Waiting& batch, std::unique_lock<std::mutex>& lock) try {
  Waiting failed;
  Missed missed;
  Expected<void, StoreError> done;
  {
    const UnderWay under_way(*this, batch, lock);
    done = write(batch, failed, missed);
  }
  for (const auto& [user_id, sessions] : failed) {
    for (const auto& [id, noted] : sessions) keepLate(user_id, id, noted);
  }
  if (!late_.empty() && late_at_ == SteadyTime::max()) {
    late_at_ = SteadyClock::now() + kUntilNextTry;
    arrived_.notify_one();
  }
  // Which sessions that were nobody knows any more: all are due again, once there is room.
  if (late_.empty() && std::exchange(forgotten_, false)) mayBeLost();
  if (missed.empty() || !end_missed_) return done;
  // Nobody else waits for that.
  lock.unlock();
  for (const auto& [user_id, ids] : missed) end_missed_(user_id, ids);
  lock.lock();
  return done;
} catch (...) {
  mayBeLost();  // what was in the batch has been taken from those that wait
  throw;
}

IndexWriter::Waiting IndexWriter::take(std::size_t most) {
  Waiting batch;
  for (std::size_t taken = 0; taken < most && !waiting_.empty();) {
    auto user = waiting_.extract(waiting_.begin());
    size_ -= user.mapped().size();
    // With what was in vain before: when a session was met first is not to be forgotten.
    if (auto late = late_.extract(user.key())) {
      late_size_ -= late.mapped().size();
      join(user.mapped(), late.mapped());
    }
    taken += user.mapped().size();
    batch.insert(std::move(user));
  }
  return batch;
}

/// One batch, each user in turn: those that fail again keep the others from nothing but a moment.
void IndexWriter::writeLate(std::unique_lock<std::mutex>& lock) {
  late_at_ = SteadyTime::max();
  Waiting batch;
  std::size_t taken = 0;
  for (auto next = late_.upper_bound(late_turn_); taken < kLargestBatch && !late_.empty();) {
    if (next == late_.end()) next = late_.begin();
    late_turn_ = next->first;
    taken += next->second.size();
    late_size_ -= next->second.size();
    batch.insert(late_.extract(next));
    next = late_.upper_bound(late_turn_);
  }
  const bool all = writeOut(batch, lock).hasValue();
  if (all && !late_.empty()) late_at_ = SteadyClock::now();
}

/// An index that is damaged is logged and left.
Expected<void, StoreError> IndexWriter::write(const Waiting& batch, Waiting& failed, Missed& missed) {
  const SteadyTime now = clock_.steadyNow();
  std::vector<IndexNote> notes;
  for (const auto& [user_id, of_user] : batch) {
    for (const auto& [id, noted] : of_user) {
      const auto life = std::chrono::ceil<std::chrono::milliseconds>(std::max(noted.ends, now) - now);
      notes.push_back({.session = {.user_id = user_id, .id = id, .life = life}});
    }
  }
  index_.addAll(notes);
  const SteadyTime answered = clock_.steadyNow();
  Expected<void, StoreError> done;
  bool is_damaged = false;
  for (const IndexNote& note : notes) {
    const auto& [user_id, id, life] = note.session;
    const bool damaged = !note.result && note.result.error() == StoreError::kCorrupt;
    is_damaged = is_damaged || damaged;
    if (damaged) left_out_.add();
    if (note.result) noted_.add();
    const Noted& noted = batch.at(user_id).at(id);
    // No earlier than they can have been ended: who logs in at that very moment logs in again.
    const SteadyTime since = note.is_new ? noted.begun : noted.met;
    const bool ended_since = note.ended_without && answered - *note.ended_without >= since;
    // Somebody else may have met it later and noted it sooner. One that was noted here before is looked at no more.
    if (note.result && ended_since && (note.is_new || !noted.again)) missed[user_id].push_back(id);
    if (note.result || damaged) continue;
    done = Unexpected(note.result.error());
    failed[user_id].emplace(id, noted);
  }
  if (is_damaged) {
    logError(
        "sessions: the index of some user holds something else; delete that key, checks make it anew; until they have "
        "met all sessions of the user, sessionctl session revoke --user ID --scan ends them");
  }
  return done;
}

Expected<Admission, StoreError> IndexWriter::admit(const IndexedSession& session, const SessionLimit& limit,
                                                   std::span<const SessionId> leaving) {
  if (const auto settled = settle(session.user_id); !settled) return Unexpected(settled.error());
  return index_.admit(session, limit, leaving);
}

Expected<EndMoment, StoreError> IndexWriter::noteAllEnded(std::string_view user_id, std::span<const SessionId> kept,
                                                          std::chrono::milliseconds life) {
  if (const auto settled = settle(user_id); !settled) return Unexpected(settled.error());
  return index_.noteAllEnded(user_id, kept, life);
}

Expected<std::vector<SessionId>, StoreError> IndexWriter::list(std::string_view user_id, std::size_t count) {
  // Before the index is read: what is written meanwhile is in one of the two.
  const std::vector<SessionId> unwritten = settle(user_id) ? std::vector<SessionId>() : unwrittenOf(user_id);
  auto listed = index_.list(user_id, count);
  if (!listed) return listed;
  for (const SessionId& id : unwritten) {
    if (listed->size() == count) break;
    if (std::ranges::find(*listed, id) == listed->end()) listed->push_back(id);
  }
  return listed;
}

std::vector<SessionId> IndexWriter::unwrittenOf(std::string_view user_id) {
  std::unique_lock lock(mutex_);
  written_.wait(lock, [this, user_id] { return !under_way_.contains(user_id); });
  std::vector<SessionId> all;
  for (const Waiting* const where : {&waiting_, &late_}) {
    const auto found = where->find(user_id);
    if (found == where->end()) continue;
    for (const auto& [id, noted] : found->second) all.push_back(id);
  }
  return all;
}

/// Of those that wait as well, or who goes on listing until there is none would find them for ever.
Expected<void, StoreError> IndexWriter::remove(std::string_view user_id, std::span<const SessionId> ids) {
  {
    const std::lock_guard lock(mutex_);
    for (Waiting* const where : {&waiting_, &late_}) {
      const auto found = where->find(user_id);
      if (found == where->end()) continue;
      for (const SessionId& id : ids) sizeOf(*where) -= found->second.erase(id);
      if (found->second.empty()) where->erase(found);
    }
  }
  return index_.remove(user_id, ids);
}

Expected<void, StoreError> IndexWriter::settle(std::string_view user_id) {
  std::unique_lock lock(mutex_);
  written_.wait(lock, [this, user_id] { return !under_way_.contains(user_id); });
  Waiting mine;
  for (Waiting* const where : {&waiting_, &late_}) {
    const auto found = where->find(user_id);
    if (found == where->end()) continue;
    sizeOf(*where) -= found->second.size();
    const auto placed = mine.insert(where->extract(found));
    if (!placed.inserted) join(placed.position->second, placed.node.mapped());
  }
  if (mine.empty()) return {};
  return writeOut(mine, lock);
}

}  // namespace sessiond
