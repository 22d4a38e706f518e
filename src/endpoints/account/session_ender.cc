#include "endpoints/account/session_ender.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/log.h"
#include "session/session_record.h"

namespace sessiond {
namespace {

/// For sessions whose own time to live is beyond reckoning (an absurd or non-numeric originalMaxAge): browsers keep
/// no cookie longer (RFC 6265bis §5.5).
constexpr std::chrono::days kLongestCookie{400};

/// The user's id as the index files it; empty when there is none.
std::string userIdOf(JsonValue session, const JsonPointer& user_at) {
  const std::optional<JsonValue> user = follow(session, user_at);
  const std::optional<JsonValue> id = user ? user->member("id") : std::nullopt;
  if (!id || (id->kind() != JsonKind::kString && id->kind() != JsonKind::kNumber)) return "";
  return std::string(id->text());
}

}  // namespace

struct SessionEnder::Found {
  EndedSession session;
  std::chrono::seconds tombstone{};
};

SessionEnder::SessionEnder(const SessionEnderParts& parts)
    : parts_(parts),
      user_at_(JsonPointer::of(parts.settings.user_at)),
      revoked_(parts.metrics.counter("sessiond_sessions_revoked_total", "Sessions ended before their time.")) {}

Expected<SessionEnder::Found, StoreError> SessionEnder::find(const SessionId& id) const {
  SessionLoad load{.id = &id};
  parts_.store.load(std::span(&load, 1));
  const std::chrono::seconds least = parts_.tombstone_lifetime;
  Found found{.session = {}, .tombstone = std::max(least, parts_.settings.idle_timeout)};
  if (!load.result) {
    if (load.result.error() == StoreError::kCorrupt) return found;
    return Unexpected(load.result.error());
  }
  // What stands behind a tombstone was written back by somebody late: nobody's word, but it goes as well.
  if (load.result->revoked || !load.result->json) return found;
  const std::string_view json = *load.result->json;
  const auto record = readSessionRecord(json, parts_.settings.max_bytes, parts_.settings.idle_timeout);
  if (!record) return found;
  found.session = {.user_id = userIdOf((*record).tree.root(), user_at_), .cookie = (*record).cookie.attributes};
  found.tombstone = std::max<std::chrono::seconds>(least, (*record).cookie.touch_ttl.value_or(kLongestCookie));
  return found;
}

Expected<EndedSession, StoreError> SessionEnder::look(const SessionId& id) const {
  Expected<Found, StoreError> found = find(id);
  if (!found) return Unexpected(found.error());
  return std::move((*found).session);
}

Expected<EndedSession, StoreError> SessionEnder::end(const SessionId& id, std::string_view why) const {
  Expected<Found, StoreError> found = find(id);
  if (!found) return Unexpected(found.error());
  if (const auto revoked = parts_.store.revoke(id, (*found).tombstone); !revoked) return Unexpected(revoked.error());
  revoked_.add();
  EndedSession& session = (*found).session;
  audit("revoke", {{"session", pseudonym(parts_.log_key, id.bytes())},
                   {"user_id", session.user_id.empty() ? "" : pseudonym(parts_.log_key, session.user_id)},
                   {"reason", why}});
  drop(session.user_id, id);
  return std::move(session);
}

void SessionEnder::drop(std::string_view user_id, const SessionId& id) const {
  // An entry that is left over is harmless: it leads to a session that is not there.
  if (!user_id.empty() && !parts_.index.remove(user_id, id))
    logWarn("logout: a session could not be taken from its user's index",
            {{"session", pseudonym(parts_.log_key, id.bytes())}});
}

Expected<std::size_t, StoreError> SessionEnder::endAllOf(std::string_view user_id, std::string_view why,
                                                         std::span<const SessionId> kept) const {
  const auto ids = parts_.index.list(user_id);
  if (!ids) return Unexpected(ids.error());
  std::size_t count = 0;
  for (const SessionId& id : *ids) {
    if (std::find(kept.begin(), kept.end(), id) != kept.end()) continue;
    const auto ended = end(id, why);
    if (!ended) return Unexpected(ended.error());
    if (ended->user_id != user_id) drop(user_id, id);
    ++count;
  }
  return count;
}

}  // namespace sessiond
