#include "support/memory_session_store.h"

#include <algorithm>

#include "support/session_ids.h"

namespace sessiond {
namespace {

// A time to live as a store takes it: a touch never deletes, and an absurdly long one does not overflow.
SteadyTime after(std::chrono::seconds ttl, SteadyTime now) {
  return now + std::clamp(ttl, std::chrono::seconds(1), std::chrono::seconds(1'000'000'000));
}

std::chrono::seconds remaining(SteadyTime expires, SteadyTime now) {
  return std::chrono::ceil<std::chrono::seconds>(expires - now);
}

}  // namespace

MemorySessionStore::Entry* MemorySessionStore::find(Data& data, const SessionId& id) const {
  const auto found = data.sessions.find(id.bytes());
  if (found == data.sessions.end()) return nullptr;
  if (found->second.expires > clock_.steadyNow()) return &found->second;
  data.sessions.erase(found);
  return nullptr;
}

bool MemorySessionStore::isRevoked(Data& data, const SessionId& id) const {
  const auto found = data.tombstones.find(id.bytes());
  return found != data.tombstones.end() && found->second > clock_.steadyNow();
}

Expected<StoredSession, StoreError> MemorySessionStore::read(Data& data, const SessionId& id,
                                                             std::deque<std::string>& texts) const {
  if (data.failure) return Unexpected(*data.failure);
  StoredSession stored;
  stored.revoked = isRevoked(data, id);
  if (const Entry* const entry = find(data, id)) {
    if (entry->wrong_type) return Unexpected(StoreError::kCorrupt);
    stored.json = texts.emplace_back(entry->value);
  }
  return stored;
}

void MemorySessionStore::load(std::span<SessionLoad> loads) {
  thread_local std::deque<std::string> texts;  // as the contract has it: until this thread's next load
  texts.clear();
  auto data = data_.lock();
  ++data->calls;
  data->largest_load = std::max(data->largest_load, loads.size());
  for (SessionLoad& load : loads) {
    load.result = read(*data, *load.id, texts);
    if (!load.result) continue;
    load.result->epoch = data->epoch;
    const auto user = data->users.find(load.user);
    if (user != data->users.end()) load.result->user_tag = user->second;
  }
}

Expected<void, StoreError> MemorySessionStore::create(const SessionId& id, std::string_view json,
                                                      std::chrono::seconds ttl) {
  auto data = data_.lock();
  ++data->calls;
  if (data->failure) return Unexpected(*data->failure);
  data->sessions[id.bytes()] = {
      .value = std::string(json), .wrong_type = false, .expires = after(ttl, clock_.steadyNow())};
  return {};
}

Expected<ReplaceOutcome, StoreError> MemorySessionStore::replace(const SessionId& id, std::string_view expected,
                                                                 std::string_view next) {
  auto data = data_.lock();
  ++data->calls;
  if (data->failure) return Unexpected(*data->failure);
  Entry* const entry = find(*data, id);
  if (entry == nullptr || isRevoked(*data, id)) return ReplaceOutcome::kMissing;
  if (entry->wrong_type) return Unexpected(StoreError::kCorrupt);
  if (entry->value != expected) return ReplaceOutcome::kChanged;
  entry->value = next;
  return ReplaceOutcome::kReplaced;
}

void MemorySessionStore::revoke(std::span<SessionRevocation> revocations) {
  auto data = data_.lock();
  ++data->calls;
  const SteadyTime now = clock_.steadyNow();
  for (SessionRevocation& one : revocations) {
    one.result = Unexpected(data->failure.value_or(StoreError::kUnavailable));
    if (data->failure) continue;
    data->sessions.erase(one.id.bytes());
    one.result = data->full && !isRevoked(*data, one.id) ? Burial::kUnburied : Burial::kBuried;
    if (*one.result == Burial::kUnburied) continue;
    SteadyTime& expires = data->tombstones[one.id.bytes()];
    expires = std::max(expires, after(one.tombstone_ttl, now));
  }
}

Expected<std::uint64_t, StoreError> MemorySessionStore::raiseEpoch(std::uint64_t at_least) {
  auto data = data_.lock();
  ++data->calls;
  if (data->failure) return Unexpected(*data->failure);
  if (!data->epoch) return Unexpected(StoreError::kCorrupt);
  data->epoch = std::max(*data->epoch, at_least);
  return *data->epoch;
}

void MemorySessionStore::put(const SessionId& id, std::string_view json, std::chrono::seconds ttl) {
  data_.lock()->sessions[id.bytes()] = {
      .value = std::string(json), .wrong_type = false, .expires = after(ttl, clock_.steadyNow())};
}

void MemorySessionStore::putWrongType(const SessionId& id) {
  data_.lock()->sessions[id.bytes()] = {.value = "", .wrong_type = true, .expires = SteadyTime::max()};
}

void MemorySessionStore::erase(const SessionId& id) {
  data_.lock()->sessions.erase(id.bytes());
}

std::optional<std::string> MemorySessionStore::value(const SessionId& id) {
  auto data = data_.lock();
  const Entry* const entry = find(*data, id);
  if (entry == nullptr) return std::nullopt;
  return entry->value;
}

std::optional<std::chrono::seconds> MemorySessionStore::ttl(const SessionId& id) {
  auto data = data_.lock();
  const Entry* const entry = find(*data, id);
  if (entry == nullptr) return std::nullopt;
  return remaining(entry->expires, clock_.steadyNow());
}

std::optional<std::chrono::seconds> MemorySessionStore::tombstoneTtl(const SessionId& id) {
  auto data = data_.lock();
  if (!isRevoked(*data, id)) return std::nullopt;
  return remaining(data->tombstones.at(id.bytes()), clock_.steadyNow());
}

/// In the place of an end: it is surplus, and is to end.
static constexpr SteadyTime kToEnd = SteadyTime::min();

void MemoryUserSessionIndex::addAll(std::span<IndexNote> notes) {
  auto data = data_.lock();
  for (IndexNote& note : notes) {
    if (data->failure) {
      note.result = Unexpected(*data->failure);
      continue;
    }
    note.result = {};
    const IndexedSession& session = note.session;
    User& user = data->users[session.user_id];
    const auto [noted, is_new] =
        user.sessions.try_emplace(session.id.bytes(), Entry{.ends = SteadyTime(), .since = user.moment});
    Entry& entry = noted->second;
    note.is_new = is_new;
    if (user.moment != 0 && entry.since == user.moment)
      note.ended_without = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steadyNow() - user.all_ended);
    if (entry.ends == kToEnd) continue;
    entry.ends = std::max(entry.ends, clock_.steadyNow() + session.life);
  }
}

Expected<Admission, StoreError> MemoryUserSessionIndex::admit(const IndexedSession& session, const SessionLimit& limit,
                                                              std::span<const SessionId> leaving) {
  auto data = data_.lock();
  if (data->failure) return Unexpected(*data->failure);
  User& user = data->users[session.user_id];
  const SteadyTime now = clock_.steadyNow();
  for (const SessionId& id : leaving) user.sessions.erase(id.bytes());
  std::vector<std::pair<SteadyTime, std::string>> by_end;
  Admission admission;
  for (const auto& [id, entry] : user.sessions) {
    if (entry.ends > now && id != session.id.bytes()) by_end.emplace_back(entry.ends, id);
    if (entry.ends == kToEnd) admission.surplus.push_back(idOf(id));
  }
  if (by_end.size() >= limit.max && limit.when_full == WhenFull::kRefuse) return Admission{.admitted = false};
  std::sort(by_end.begin(), by_end.end());
  user.sessions[session.id.bytes()] = {.ends = now + session.life, .since = user.moment};
  for (std::size_t i = 0; by_end.size() - i >= limit.max; ++i) {
    user.sessions[by_end[i].second].ends = kToEnd;
    admission.surplus.push_back(idOf(by_end[i].second));
  }
  return admission;
}

Expected<void, StoreError> MemoryUserSessionIndex::remove(std::string_view user_id, std::span<const SessionId> ids) {
  auto data = data_.lock();
  if (data->failure) return Unexpected(*data->failure);
  const auto user = data->users.find(user_id);
  if (user == data->users.end()) return {};
  for (const SessionId& id : ids) user->second.sessions.erase(id.bytes());
  return {};
}

Expected<EndMoment, StoreError> MemoryUserSessionIndex::noteAllEnded(std::string_view user_id,
                                                                     std::span<const SessionId> kept,
                                                                     std::chrono::milliseconds life) {
  auto data = data_.lock();
  if (data->failure) return Unexpected(*data->failure);
  User& user = data->users[std::string(user_id)];
  user.all_ended = clock_.steadyNow();
  ++user.moment;
  for (const SessionId& id : kept) {
    SteadyTime& ends = user.sessions[id.bytes()].ends;
    if (ends != kToEnd) ends = std::max(ends, user.all_ended + life);
  }
  return EndMoment{.number = user.moment};
}

Expected<std::vector<EndedUser>, StoreError> MemoryUserSessionIndex::endedLately(std::size_t count) {
  auto data = data_.lock();
  if (data->failure) return Unexpected(*data->failure);
  std::vector<EndedUser> users;
  for (const auto& [id, user] : data->users) {
    if (user.moment == 0 || clock_.steadyNow() - user.all_ended >= kEndedLately) continue;
    users.push_back({.user_id = id, .at = user.all_ended.time_since_epoch() / std::chrono::milliseconds(1)});
  }
  std::ranges::sort(users, std::ranges::greater(), &EndedUser::at);
  if (users.size() > count) users.resize(count);
  return users;
}

/// Each page is the first one: what was on it has ended by now.
Expected<IndexPage, StoreError> MemoryUserSessionIndex::listBefore(std::string_view user_id, EndMoment moment,
                                                                   std::string_view, std::size_t count) {
  auto data = data_.lock();
  if (data->failure) return Unexpected(*data->failure);
  std::vector<std::pair<SteadyTime, std::string>> by_end;
  for (const auto& [id, entry] : data->users[std::string(user_id)].sessions)
    if (entry.since < moment.number) by_end.emplace_back(entry.ends, id);
  std::sort(by_end.begin(), by_end.end());
  while (count > 0 && count < by_end.size() && by_end[count].first == by_end[count - 1].first) ++count;
  IndexPage page{.ids = {}, .next = by_end.size() > count ? "next" : ""};
  for (std::size_t i = 0; i < by_end.size() && i < count; ++i) page.ids.push_back(idOf(by_end[i].second));
  return page;
}

Expected<std::vector<SessionId>, StoreError> MemoryUserSessionIndex::list(std::string_view user_id, std::size_t count) {
  auto data = data_.lock();
  if (data->failure) return Unexpected(*data->failure);
  std::vector<std::pair<SteadyTime, std::string>> by_end;
  for (const auto& [id, entry] : data->users[std::string(user_id)].sessions) by_end.emplace_back(entry.ends, id);
  std::sort(by_end.rbegin(), by_end.rend());
  std::vector<SessionId> ids;
  for (std::size_t i = 0; i < by_end.size() && i < count; ++i) ids.push_back(idOf(by_end[i].second));
  return ids;
}

}  // namespace sessiond
