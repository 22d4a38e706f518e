#include "support/memory_attempt_store.h"

namespace sessiond {
namespace {

using std::chrono::milliseconds;

Unexpected<AttemptStoreError> unavailable() {
  return Unexpected(AttemptStoreError::kUnavailable);
}

}  // namespace

Expected<milliseconds, AttemptStoreError> MemoryAttemptStore::reserve(std::string_view key, const AttemptLimit& limit) {
  auto state = state_.lock();
  if (state->fails()) return unavailable();
  const WallTime now = clock_.wallNow();
  const auto kept = state->counters.find(key);
  Counter counter = kept == state->counters.end() ? Counter() : kept->second;
  milliseconds wait{0};
  for (std::size_t i = 0; i < limit.windows.size(); ++i) {
    Window& window = counter.windows[i];
    if (window.ends <= now) window = {.tries = 0, .ends = now + limit.windows[i].window};
    if (window.tries >= limit.windows[i].tries) wait = std::max(wait, window.ends - now);
    if (i == 0 && limit.delay && window.tries >= limit.delay->free) {
      milliseconds delay = limit.delay->first;
      for (std::uint32_t n = limit.delay->free; n < window.tries && delay < limit.delay->longest; ++n) delay *= 2;
      wait = std::max(wait, counter.last + std::min(delay, limit.delay->longest) - now);
    }
    ++window.tries;
  }
  if (wait > milliseconds(0)) return wait;
  counter.last = now;
  state->counters.insert_or_assign(std::string(key), counter);
  return milliseconds(0);
}

Expected<void, AttemptStoreError> MemoryAttemptStore::giveBack(std::string_view key) {
  auto state = state_.lock();
  if (state->fails()) return unavailable();
  const auto kept = state->counters.find(key);
  if (kept == state->counters.end()) return {};
  for (Window& window : kept->second.windows) {
    if (window.tries > 0) --window.tries;
  }
  return {};
}

Expected<void, AttemptStoreError> MemoryAttemptStore::forget(std::string_view key) {
  auto state = state_.lock();
  if (state->fails()) return unavailable();
  state->counters.erase(std::string(key));
  return {};
}

Expected<bool, AttemptStoreError> MemoryAttemptStore::isKnown(std::string_view key, std::string_view place,
                                                              std::chrono::seconds lifetime) {
  auto state = state_.lock();
  if (state->fails()) return unavailable();
  const auto& places = state->places[std::string(key)];
  const auto found = places.find(place);
  return found != places.end() && clock_.wallNow() - found->second < lifetime;
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
