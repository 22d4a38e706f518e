#include "support/memory_attempt_store.h"

namespace sessiond {
namespace {

using std::chrono::milliseconds;

Unexpected<AttemptStoreError> unavailable() {
  return Unexpected(AttemptStoreError::kUnavailable);
}

}  // namespace

Expected<Reservation, AttemptStoreError> MemoryAttemptStore::reserve(std::string_view key, const AttemptLimit& limit) {
  auto state = state_.lock();
  if (state->fails()) return unavailable();
  const WallTime now = clock_.wallNow();
  const auto kept = state->counters.find(key);
  Counter counter = kept == state->counters.end() ? Counter() : kept->second;
  Reservation made;
  for (std::size_t i = 0; i < limit.windows.size(); ++i) {
    Window& window = counter.windows[i];
    const milliseconds length = limit.windows[i].window;
    if (window.ends <= now || window.ends > now + length) window = {.tries = 0, .ends = now + length};
    if (window.tries >= limit.windows[i].tries) made.wait = std::max(made.wait, window.ends - now);
    if (i == 0 && limit.delay && window.tries >= limit.delay->free) {
      milliseconds delay = limit.delay->first;
      for (std::uint32_t n = limit.delay->free; n < window.tries && delay < limit.delay->longest; ++n) delay *= 2;
      made.wait = std::max(made.wait, std::min(counter.last, now) + std::min(delay, limit.delay->longest) - now);
    }
    ++window.tries;
    made.ends[i] = window.ends.time_since_epoch().count();
  }
  if (made.wait > milliseconds(0)) return Reservation{.wait = made.wait};
  made.at = now.time_since_epoch().count();
  made.before = std::min(counter.last, now).time_since_epoch().count();
  counter.last = now;
  state->counters.insert_or_assign(std::string(key), counter);
  return made;
}

Expected<void, AttemptStoreError> MemoryAttemptStore::giveBack(std::string_view key, const Reservation& reservation) {
  auto state = state_.lock();
  if (state->fails()) return unavailable();
  const auto kept = state->counters.find(key);
  if (kept == state->counters.end()) return {};
  std::uint32_t left = 0;
  for (std::size_t i = 0; i < kMostAttemptWindows; ++i) {
    Window& window = kept->second.windows[i];
    if (window.tries > 0 && window.ends.time_since_epoch().count() == reservation.ends[i]) --window.tries;
    left += window.tries;
  }
  if (kept->second.last.time_since_epoch().count() == reservation.at)
    kept->second.last = WallTime(WallTime::duration(reservation.before));
  if (left == 0) state->counters.erase(kept);
  return {};
}

Expected<void, AttemptStoreError> MemoryAttemptStore::forget(std::string_view key) {
  auto state = state_.lock();
  if (state->fails()) return unavailable();
  state->counters.erase(std::string(key));
  return {};
}

Expected<std::vector<std::string>, AttemptStoreError> MemoryAttemptStore::knownPlaces(std::string_view key,
                                                                                      std::chrono::seconds lifetime) {
  auto state = state_.lock();
  if (state->fails()) return unavailable();
  std::vector<std::string> known;
  for (const auto& [place, at] : state->places[std::string(key)])
    if (clock_.wallNow() - at < lifetime) known.push_back(place);
  return known;
}

Expected<void, AttemptStoreError> MemoryAttemptStore::remember(std::string_view key, std::string_view place,
                                                               std::chrono::seconds, std::uint32_t most) {
  auto state = state_.lock();
  if (state->fails()) return unavailable();
  auto& places = state->places[std::string(key)];
  places.insert_or_assign(std::string(place), clock_.wallNow());
  while (places.size() > most) {
    places.erase(std::min_element(places.begin(), places.end(),
                                  [](const auto& left, const auto& right) { return left.second < right.second; }));
  }
  return {};
}

Expected<void, AttemptStoreError> MemoryAttemptStore::noteFailure(std::string_view key, std::chrono::seconds) {
  auto state = state_.lock();
  if (state->fails()) return unavailable();
  FailureNote& note = state->failures[std::string(key)];
  ++note.failures;
  note.last = clock_.wallNow();
  return {};
}

Expected<FailureNote, AttemptStoreError> MemoryAttemptStore::takeFailures(std::string_view key) {
  auto state = state_.lock();
  if (state->fails()) return unavailable();
  const auto found = state->failures.find(key);
  if (found == state->failures.end()) return FailureNote{};
  const FailureNote note = found->second;
  state->failures.erase(found);
  return note;
}

}  // namespace sessiond
