#include "session/session_ender.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/log.h"
#include "session/load_pieces.h"
#include "session/session_record.h"

namespace sessiond {
struct SessionEnder::Found {
  EndedSession session;
  std::chrono::seconds tombstone{};
  bool is_over = false;  ///< gone, behind its tombstone
};

/// All sessions of a user but some, until when.
struct SessionEnder::Everything {
  void leaveKept(std::vector<SessionId>& ids) const {
    std::erase_if(ids, [this](const SessionId& id) { return std::ranges::find(kept, id) != kept.end(); });
  }

  std::string_view user_id;
  std::string_view why;
  std::span<const SessionId> kept;
  SteadyTime until;
};

SessionEnder::SessionEnder(const SessionEnderParts& parts)
    : parts_(parts),
      owner_(parts.settings),
      revoked_(parts.metrics.counter("sessiond_sessions_revoked_total", "Sessions ended before their time.")),
      unburied_(parts.metrics.counter("sessiond_unburied_sessions_total",
                                      "Sessions deleted whose tombstone Redis would not take.")) {}

SessionEnder::Found SessionEnder::interpret(const StoredSession& stored) const {
  Found found{.session = {}, .tombstone = parts_.tombstones.of(parts_.tombstones.usual_life, stored.ttl)};
  found.session.was_there = stored.json && !stored.revoked;
  found.is_over = !stored.json && stored.revoked;
  if (!stored.json) return found;
  const auto record = readSessionRecord(*stored.json, parts_.settings.max_bytes, parts_.settings.idle_timeout);
  if (!record) return found;
  found.tombstone = parts_.tombstones.of((*record).cookie.touch_ttl, stored.ttl);
  // What stands behind a tombstone was written back by somebody late: nobody's word, but it goes as well.
  if (stored.revoked) return found;
  found.session.user_id = owner_.of((*record).tree.root());
  found.session.cookie = (*record).cookie.attributes;
  return found;
}

Expected<std::vector<SessionEnder::Found>, StoreError> SessionEnder::find(std::span<const SessionId> ids) const {
  std::vector<Found> found;
  const auto looked =
      inPieces(ids, parts_.settings.max_bytes, [&](std::span<const SessionId> piece) -> Expected<void, StoreError> {
        std::vector<SessionLoad> loads;
        for (const SessionId& id : piece) loads.push_back({.id = &id, .wants_ttl = true});
        parts_.store.load(loads);
        for (const SessionLoad& load : loads) {
          // A value of another type ends like any other; only what cannot be looked at stops the end.
          if (!load.result && load.result.error() != StoreError::kCorrupt) return Unexpected(load.result.error());
          found.push_back(interpret(load.result ? *load.result : StoredSession{}));
          if (!load.result) found.back().session.was_there = true;
        }
        return {};
      });
  if (!looked) return Unexpected(looked.error());
  return found;
}

/// The index is the caller's to tell.
Expected<std::vector<EndedSession>, StoreError> SessionEnder::endPage(std::span<const SessionId> ids,
                                                                      std::string_view why) const {
  auto found = find(ids);
  if (!found) return Unexpected(found.error());
  return endFound(ids, *std::move(found), why);
}

Expected<std::vector<EndedSession>, StoreError> SessionEnder::endFound(std::span<const SessionId> ids,
                                                                       std::vector<Found> found,
                                                                       std::string_view why) const {
  std::vector<SessionRevocation> revocations;
  revocations.reserve(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i)
    revocations.push_back({.id = ids[i], .tombstone_ttl = found[i].tombstone});
  parts_.store.revoke(revocations);
  std::vector<EndedSession> ended;
  std::optional<StoreError> failure;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!revocations[i].result) {
      failure = revocations[i].result.error();
      continue;
    }
    EndedSession& session = found[i].session;
    session.ending = {.burial = *revocations[i].result, .replicas = revocations[i].replicas};
    // Anybody can end what is gone as often as they like. But it may be gone by a try whose answer came too late.
    session.audited = session.was_there || gone_log_.count(parts_.clock.steadyNow());
    note(ids[i], session, why);
    ended.push_back(std::move(session));
  }
  if (failure) return Unexpected(*failure);
  return ended;
}

void SessionEnder::note(const SessionId& id, const EndedSession& session, std::string_view why) const {
  const bool buried = session.ending.burial == Burial::kBuried;
  revoked_.add();
  if (session.audited) {
    audit("revoke", {{"session", pseudonym(parts_.log_key, id.bytes())},
                     {"user_id", session.user_id.empty() ? "" : pseudonym(parts_.log_key, session.user_id)},
                     {"reason", why},
                     {"tombstone", std::string_view(buried ? "yes" : "no")}});
  }
  if (buried) return;
  unburied_.add();
  if (const auto count = unburied_log_.count(parts_.clock.steadyNow())) {
    logWarn(
        "logout: a session was deleted, but Redis would not take its tombstone; an application that still has a copy "
        "can bring it back; why, a line about redis says",
        {{"session", pseudonym(parts_.log_key, id.bytes())}, {"count", *count}});
  }
}

Expected<std::vector<EndedSession>, StoreError> SessionEnder::end(std::span<const SessionId> ids,
                                                                  std::string_view why) const {
  std::vector<EndedSession> all;
  for (std::size_t begin = 0; begin < ids.size(); begin += kPage) {
    const auto page = ids.subspan(begin, std::min(kPage, ids.size() - begin));
    auto ended = endPage(page, why);
    if (!ended) return ended;
    for (std::size_t i = 0; i < page.size(); ++i) {
      drop((*ended)[i].user_id, page[i]);
      all.push_back(std::move((*ended)[i]));
    }
  }
  return all;
}

void SessionEnder::drop(std::string_view user_id, const SessionId& id) const {
  // An entry that is left over is harmless: it leads to a session that is not there.
  if (!user_id.empty() && !parts_.index.remove(user_id, std::span(&id, 1)))
    logWarn("logout: a session could not be taken from its user's index",
            {{"session", pseudonym(parts_.log_key, id.bytes())}});
}

Expected<Ending, StoreError> SessionEnder::endAllOf(std::string_view user_id, std::string_view why,
                                                    std::span<const SessionId> kept) const {
  const Everything everything{
      .user_id = user_id, .why = why, .kept = kept, .until = parts_.clock.steadyNow() + kPatience};
  // First of all, so that whoever goes on logging in meanwhile keeps nobody here; and for other instances, that may
  // have met one which they have not noted yet.
  const auto moment = sayAllEnd(everything);
  if (!moment && moment.error() == StoreError::kTimeout) return Unexpected(moment.error());
  if (moment) return endBefore(everything, *moment);
  // A full server has no room for it. There will be some.
  auto all = endUntilNone(everything);
  if (!all) return all;
  const auto late = sayAllEnd(everything);
  if (!late && late.error() == StoreError::kTimeout) return Unexpected(late.error());
  // What another instance could not note there either may live on.
  if (!late) all->burial = Burial::kUnburied;
  const auto rest = late ? endBefore(everything, *late) : endUntilNone(everything);
  if (!rest) return rest;
  all->add(*rest);
  return all;
}

Expected<EndMoment, StoreError> SessionEnder::sayAllEnd(const Everything& everything) const {
  return parts_.index.noteAllEnded(everything.user_id, everything.kept, parts_.tombstones.usual_life);
}

/// Ends what was in the index at that moment, until a look at all of it finds none.
Expected<Ending, StoreError> SessionEnder::endBefore(const Everything& everything, EndMoment moment) const {
  Ending all;
  std::string from;
  for (bool found = false;;) {
    auto page = parts_.index.listBefore(everything.user_id, moment, from, kPage);
    if (!page) return Unexpected(page.error());
    everything.leaveKept(page->ids);
    const auto ending =
        endListedUntil(everything.until, everything.user_id, page->ids, everything.why, Over::kEndAgain);
    if (!ending) return ending;
    all.add(*ending);
    found = found || !page->ids.empty();
    from = std::move(page->next);
    if (!from.empty()) continue;
    if (!found) return all;
    found = false;
  }
}

/// The same, of whatever comes.
Expected<Ending, StoreError> SessionEnder::endUntilNone(const Everything& everything) const {
  Ending all;
  for (;;) {
    // Always from the beginning: what has ended is no longer there, and what moves meanwhile is not missed.
    auto page = parts_.index.list(everything.user_id, kPage + everything.kept.size());
    if (!page) return Unexpected(page.error());
    everything.leaveKept(*page);
    if (page->empty()) return all;
    const auto ending = endListedUntil(everything.until, everything.user_id, *page, everything.why, Over::kEndAgain);
    if (!ending) return ending;
    all.add(*ending);
  }
}

Expected<Ending, StoreError> SessionEnder::endListed(std::string_view user_id, const std::vector<SessionId>& listed,
                                                     std::string_view why) const {
  return endListedUntil(parts_.clock.steadyNow() + kPatience, user_id, listed, why, Over::kEndAgain);
}

Expected<Ending, StoreError> SessionEnder::endMissed(std::string_view user_id, const std::vector<SessionId>& listed,
                                                     std::string_view why) const {
  return endListedUntil(parts_.clock.steadyNow() + kPatience, user_id, listed, why, Over::kLeave);
}

/// However many there are: those that end at one moment stand on one page of the index.
Expected<Ending, StoreError> SessionEnder::endListedUntil(SteadyTime until, std::string_view user_id,
                                                          std::span<const SessionId> listed, std::string_view why,
                                                          Over over) const {
  Ending all;
  for (;; listed = listed.subspan(std::min(kPage, listed.size()))) {
    if (parts_.clock.steadyNow() > until) return Unexpected(StoreError::kTimeout);
    if (listed.empty()) return all;
    const auto ending = endListedPage(user_id, listed.first(std::min(kPage, listed.size())), why, over);
    if (!ending) return ending;
    all.add(*ending);
  }
}

/// It may name a session that is another user's by now: somebody else logged in where this one had been logged in. That
/// one lives on; it is only no longer listed here.
Expected<Ending, StoreError> SessionEnder::endListedPage(std::string_view user_id, std::span<const SessionId> listed,
                                                         std::string_view why, Over over) const {
  auto found = find(listed);
  if (!found) return Unexpected(found.error());
  std::vector<SessionId> own;
  std::vector<Found> own_found;
  for (std::size_t i = 0; i < listed.size(); ++i) {
    Found& one = (*found)[i];
    if (!one.session.user_id.empty() && one.session.user_id != user_id) continue;
    if (one.is_over && over == Over::kLeave) continue;
    own.push_back(listed[i]);
    own_found.push_back(std::move(one));
  }
  const auto ended = endFound(own, std::move(own_found), why);
  if (!ended) return Unexpected(ended.error());
  // What stays in the index would be the next page again.
  if (const auto removed = parts_.index.remove(user_id, listed); !removed) return Unexpected(removed.error());
  Ending all;
  for (const EndedSession& session : *ended) {
    all.add(session.ending);
    if (session.was_there) ++all.sessions;
  }
  return all;
}

}  // namespace sessiond
