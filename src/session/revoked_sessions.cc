#include "session/revoked_sessions.h"

#include <algorithm>

#include "session/longest_life.h"

namespace sessiond {

namespace {

constexpr std::chrono::minutes kNotedAnew{1};

std::chrono::seconds leftUntil(SteadyTime end, SteadyTime now) {
  // Not rounded up, so that a tombstone that stands as it was written is left alone.
  return std::max(std::chrono::seconds(0), std::chrono::floor<std::chrono::seconds>(end - now));
}

}  // namespace

RevokedSessions::RevokedSessions(const Clock& clock, MetricsRegistry& metrics, std::size_t most)
    : clock_(clock),
      most_(most),
      forgotten_(metrics.counter("sessiond_revocations_forgotten_total",
                                 "Sessions revoked here and forgotten before their hour was over: too many.")) {}

void RevokedSessions::note(const SessionId& id, std::chrono::seconds tombstone_ttl) {
  const SteadyTime now = clock_.steadyNow();
  auto data = data_.lock();
  const auto [found, is_new] = data->sessions.try_emplace(id.bytes());
  Revoked& revoked = found->second;
  revoked.buried_until = std::max(revoked.buried_until, now + std::min(tombstone_ttl, kLongestKeyLife));
  // One cookie sent to the logout again and again must not fill the memory.
  if (!is_new && now - revoked.noted < kNotedAnew) return;
  revoked.noted = now;
  data->order.emplace_back(now, id.bytes());
  forget(*data, now);
}

std::optional<std::chrono::seconds> RevokedSessions::tombstoneOf(std::string_view id) const {
  auto data = data_.lock();
  const auto found = data->sessions.find(id);
  if (found == data->sessions.end()) return std::nullopt;
  const SteadyTime now = clock_.steadyNow();
  if (now - found->second.noted >= kMemory) return std::nullopt;
  return leftUntil(found->second.buried_until, now);
}

std::optional<std::vector<SessionRevocation>> RevokedSessions::standing(std::uint64_t& cursor, std::size_t page) const {
  auto data = data_.lock();
  const SteadyTime now = clock_.steadyNow();
  std::vector<SessionRevocation> standing;
  cursor = std::min(cursor, data->left + data->order.size());
  if (cursor <= data->left) return std::nullopt;
  const std::size_t end = cursor - data->left;
  const std::size_t first = end - std::min(page, end);
  cursor = data->left + first;
  for (std::size_t i = end; i-- > first;) {
    const auto& [noted, bytes] = data->order[i];
    const auto found = data->sessions.find(bytes);
    if (found == data->sessions.end() || found->second.noted != noted || now - noted >= kMemory) continue;
    const std::chrono::seconds left = leftUntil(found->second.buried_until, now);
    if (left.count() > 0) standing.push_back({.id = *SessionId::fromBytes(bytes), .tombstone_ttl = left});
  }
  return standing;
}

std::vector<SessionId> RevokedSessions::aboutToBeForgotten(std::uint64_t& cursor, std::size_t page) const {
  auto data = data_.lock();
  const SteadyTime now = clock_.steadyNow();
  std::vector<SessionId> ids;
  for (cursor = std::max(cursor, data->left); cursor < data->left + data->order.size(); ++cursor) {
    const auto& [noted, bytes] = data->order[cursor - data->left];
    if (now - noted < kMemory - kLastLook || ids.size() == page) break;
    const auto found = data->sessions.find(bytes);
    const bool newest = found != data->sessions.end() && found->second.noted == noted;
    if (newest && now - noted < kMemory) ids.push_back(*SessionId::fromBytes(bytes));
  }
  return ids;
}

void RevokedSessions::forget(Data& data, SteadyTime now) {
  while (!data.order.empty()) {
    const auto& [noted, bytes] = data.order.front();
    const auto found = data.sessions.find(bytes);
    const bool newest = found != data.sessions.end() && found->second.noted == noted;
    const bool over = now - noted >= kMemory;
    if (newest && !over && data.sessions.size() <= most_) break;
    if (newest && !over) forgotten_.add();
    if (newest) data.sessions.erase(found);
    data.order.pop_front();
    ++data.left;
  }
}

}  // namespace sessiond
