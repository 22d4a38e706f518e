#include "session/index_writer.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace sessiond {

namespace {

/// Of a key that never ends, too: no browser keeps a cookie longer (RFC 6265bis §5.5).
constexpr std::chrono::days kLongestLife{400};

}  // namespace

IndexWriter::IndexWriter(UserSessionIndex& index, const Clock& clock, MetricsRegistry& metrics)
    : index_(index),
      clock_(clock),
      noted_(metrics.counter("sessiond_index_notes_total",
                             "Sessions noted in the index of their user when a check had met them.")),
      left_out_(metrics.counter("sessiond_index_notes_left_out_total",
                                "Sessions not noted in the index of their user: too many waited, or it is damaged.")),
      full_log_(std::chrono::minutes(1)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

IndexWriter::~IndexWriter() {
  thread_.request_stop();
  thread_.join();
}

void IndexWriter::note(const KnownSession& session, std::optional<SteadyTime> ends) {
  if (session.userId().empty()) return;
  const SteadyTime now = clock_.steadyNow();
  SteadyTime end = ends.value_or(now);
  if (const auto ttl = session.facts().touch_ttl)
    end = std::max(end, now + std::min<std::chrono::seconds>(*ttl, kLongestLife));
  end = std::min(end, now + kLongestLife);
  if (!session.mustBeIndexed(end, now)) return;
  const std::lock_guard lock(mutex_);
  if (size_ >= kMaxWaiting) {
    left_out_.add();
    if (full_log_.pass(now)) logWarn("sessions: more wait to be noted in their users' indexes than there is room for");
    return;
  }
  const bool first = size_ == 0;
  keep(std::string(session.userId()), session.id(), end);
  session.noteIndexed(end, now);
  if (first) arrived_.notify_one();
}

void IndexWriter::keep(const std::string& user_id, const SessionId& id, SteadyTime ends) {
  const auto [entry, is_new] = waiting_[user_id].try_emplace(id, ends);
  entry->second = std::max(entry->second, ends);
  if (is_new) ++size_;
}

void IndexWriter::run(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), "index");
  std::unique_lock lock(mutex_);
  const auto never = [] { return false; };
  while (!stop.stop_requested() && arrived_.wait(lock, stop, [this] { return size_ != 0; })) {
    arrived_.wait_for(lock, stop, kGathering, never);
    if (!writeBatch(lock)) arrived_.wait_for(lock, stop, kUntilNextTry, never);
  }
  while (size_ != 0 && writeBatch(lock)) {
  }
}

/// False: the store does not answer, and what was to be written waits again.
bool IndexWriter::writeBatch(std::unique_lock<std::mutex>& lock) {
  Waiting batch = take(kLargestBatch);
  return writeOut(batch, lock).hasValue();
}

/// Lets go of the lock meanwhile. On an error everything waits again.
Expected<void, StoreError> IndexWriter::writeOut(const Waiting& batch, std::unique_lock<std::mutex>& lock) {
  for (const auto& [user_id, sessions] : batch) under_way_.insert(user_id);
  lock.unlock();
  const Expected<void, StoreError> done = write(batch);
  lock.lock();
  for (const auto& [user_id, sessions] : batch) under_way_.erase(under_way_.find(user_id));
  if (!done) takeBack(batch);
  written_.notify_all();
  return done;
}

IndexWriter::Waiting IndexWriter::take(std::size_t most) {
  Waiting batch;
  for (std::size_t taken = 0; taken < most && !waiting_.empty();) {
    auto user = waiting_.extract(waiting_.begin());
    taken += user.mapped().size();
    size_ -= user.mapped().size();
    batch.insert(std::move(user));
  }
  return batch;
}

void IndexWriter::takeBack(const Waiting& batch) {
  for (const auto& [user_id, sessions] : batch) {
    for (const auto& [id, ends] : sessions) keep(user_id, id, ends);
  }
}

/// An index that is damaged is logged and left.
Expected<void, StoreError> IndexWriter::write(const Waiting& batch) {
  const SteadyTime now = clock_.steadyNow();
  std::vector<IndexedSession> sessions;
  for (const auto& [user_id, of_user] : batch) {
    for (const auto& [id, ends] : of_user) {
      const auto life = std::chrono::ceil<std::chrono::milliseconds>(std::max(ends, now) - now);
      sessions.push_back({.user_id = user_id, .id = id, .life = life});
    }
  }
  const Expected<void, StoreError> done = index_.add(sessions);
  if (!done && done.error() != StoreError::kCorrupt) return done;
  (done ? noted_ : left_out_).add(sessions.size());
  if (!done) logError("sessions: the index of some user holds something else; delete that key, it is made anew");
  return {};
}

Expected<Admission, StoreError> IndexWriter::admit(const IndexedSession& session, const SessionLimit& limit,
                                                   std::span<const SessionId> leaving) {
  if (const auto settled = settle(session.user_id); !settled) return Unexpected(settled.error());
  return index_.admit(session, limit, leaving);
}

Expected<std::vector<SessionId>, StoreError> IndexWriter::list(std::string_view user_id, std::size_t count) {
  if (const auto settled = settle(user_id); !settled) return Unexpected(settled.error());
  return index_.list(user_id, count);
}

Expected<void, StoreError> IndexWriter::settle(std::string_view user_id) {
  std::unique_lock lock(mutex_);
  written_.wait(lock, [this, user_id] { return !under_way_.contains(user_id); });
  const auto found = waiting_.find(user_id);
  if (found == waiting_.end()) return {};
  Waiting mine;
  size_ -= found->second.size();
  mine.insert(waiting_.extract(found));
  return writeOut(mine, lock);
}

}  // namespace sessiond
