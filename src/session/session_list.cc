#include "session/session_list.h"

#include <algorithm>
#include <utility>

#include "session/found_session.h"
#include "session/load_pieces.h"
#include "session/session_record.h"

namespace sessiond {
namespace {

std::string textOf(JsonValue own, std::string_view name) {
  const std::optional<JsonValue> member = own.member(name);
  return member && member->kind() == JsonKind::kString ? std::string(member->text()) : "";
}

/// Own first, then the latest used; what is not known comes last.
bool comesFirst(const ListedSession& one, const ListedSession& other) {
  if (one.own != other.own) return one.own;
  if (one.idle != other.idle) {
    if (!one.idle || !other.idle) return one.idle.has_value();
    return *one.idle < *other.idle;
  }
  return one.created > other.created;
}

}  // namespace

SessionList::SessionList(const Parts& parts) : parts_(parts), owner_(parts.settings) {}

Expected<std::vector<ListedSession>, StoreError> SessionList::of(const std::string& user_id,
                                                                 const std::optional<SessionId>& own) const {
  std::vector<SessionId> ids;
  if (!user_id.empty()) {
    auto some = indexed(user_id);
    if (!some) return Unexpected(some.error());
    ids = *std::move(some);
  }
  if (own && std::ranges::find(ids, *own) == ids.end()) ids.push_back(*own);
  auto all = describe(user_id, ids);
  if (!all) return all;
  for (ListedSession& session : *all) session.own = session.id == own;
  std::ranges::stable_sort(*all, comesFirst);
  return all;
}

Expected<std::optional<SessionId>, StoreError> SessionList::find(const std::string& user_id,
                                                                 std::string_view handle) const {
  if (user_id.empty()) return std::optional<SessionId>();
  const auto ids = indexed(user_id);
  if (!ids) return Unexpected(ids.error());
  const auto named = std::ranges::find_if(*ids, [&](const SessionId& id) { return parts_.handles.means(handle, id); });
  if (named == ids->end()) return std::optional<SessionId>();
  const auto described = describe(user_id, std::span(&*named, 1));
  if (!described) return Unexpected(described.error());
  return described->empty() ? std::nullopt : std::optional(*named);
}

/// What an application has destroyed stands in the index until its time is over, before all that end sooner.
Expected<std::vector<SessionId>, StoreError> SessionList::indexed(const std::string& user_id) const {
  for (int round = 1;; ++round) {
    auto ids = parts_.index.list(user_id, kMost);
    if (!ids || ids->size() < kMost || round == kRounds) return ids;
    const auto all = look(*ids);
    if (!all) return Unexpected(all.error());
    std::vector<SessionId> gone;
    for (std::size_t i = 0; i < ids->size(); ++i)
      if (!(*all)[i].is_there) gone.push_back((*ids)[i]);
    if (gone.empty()) return ids;
    if (const auto removed = parts_.index.remove(user_id, gone); !removed) return Unexpected(removed.error());
  }
}

Expected<std::vector<SessionId>, StoreError> SessionList::prune(const std::string& user_id, std::size_t enough) const {
  std::vector<SessionId> dead;
  const auto ids = parts_.index.list(user_id, kMost);
  if (!ids) return Unexpected(ids.error());
  if (ids->size() < enough) return dead;
  std::vector<SessionId> others;
  const auto all = look(*ids);
  if (!all) return Unexpected(all.error());
  for (std::size_t i = 0; i < ids->size(); ++i) {
    const Looked& one = (*all)[i];
    if (!one.is_there) continue;
    // What cannot be read may be theirs when it can be read again, and nothing would lead there then.
    const bool may_be_his = !one.session || one.session->user_id == user_id;
    if (!may_be_his) {
      others.push_back((*ids)[i]);
    } else if (!one.session || !one.is_session) {
      dead.push_back((*ids)[i]);
    }
  }
  if (others.empty()) return dead;
  if (const auto removed = parts_.index.remove(user_id, others); !removed) return Unexpected(removed.error());
  return dead;
}

Expected<std::vector<SessionList::Looked>, StoreError> SessionList::look(std::span<const SessionId> ids) const {
  std::vector<Looked> all;
  const auto looked =
      inPieces(ids, parts_.settings.max_bytes, [&](std::span<const SessionId> piece) -> Expected<void, StoreError> {
        std::vector<SessionLoad> loads;
        for (const SessionId& id : piece) loads.push_back({.id = &id, .wants_ttl = true});
        const Expected<std::vector<bool>, StoreError> are_sessions = areSessions(loads);
        if (!are_sessions) return Unexpected(are_sessions.error());
        for (std::size_t i = 0; i < loads.size(); ++i) {
          const bool is_there = !loads[i].result || loads[i].result->json;
          all.push_back({.is_there = is_there, .is_session = (*are_sessions)[i], .session = read(loads[i])});
        }
        return {};
      });
  if (!looked) return Unexpected(looked.error());
  return all;
}

/// What holds no string is an answer too.
Expected<std::vector<bool>, StoreError> SessionList::areSessions(std::span<SessionLoad> loads) const {
  if (parts_.finder != nullptr) return parts_.finder->areSessions(loads);
  parts_.store.load(loads);
  for (const SessionLoad& load : loads)
    if (!load.result && load.result.error() != StoreError::kCorrupt) return Unexpected(load.result.error());
  return std::vector<bool>(loads.size(), true);
}

Expected<std::vector<ListedSession>, StoreError> SessionList::describe(const std::string& user_id,
                                                                       std::span<const SessionId> ids) const {
  auto sessions = describe(ids);
  if (sessions) std::erase_if(*sessions, [&](const ListedSession& one) { return one.user_id != user_id; });
  return sessions;
}

Expected<std::vector<ListedSession>, StoreError> SessionList::describe(std::span<const SessionId> ids) const {
  auto all = look(ids);
  if (!all) return Unexpected(all.error());
  std::vector<ListedSession> sessions;
  for (Looked& one : *all) {
    if (one.is_session && one.session) sessions.push_back(*std::move(one.session));
  }
  return sessions;
}

/// Absent when it is none, or has ended.
std::optional<ListedSession> SessionList::read(const SessionLoad& load) const {
  if (!load.result || load.result->revoked || !load.result->json) return std::nullopt;
  const auto record = readSessionRecord(*load.result->json, parts_.settings.max_bytes, parts_.settings.idle_timeout);
  if (!record) return std::nullopt;
  const SessionRecord& session = *record;
  if (session.epoch < load.result->epoch.value_or(0)) return std::nullopt;
  ListedSession listed{.id = *load.id,
                       .handle = parts_.handles.of(*load.id),
                       .user_id = owner_.of(session.tree.root()),
                       .created = session.created};
  if (load.result->ttl && *load.result->ttl != kNoEnd) listed.left = load.result->ttl;
  if (session.cookie.touch_ttl) listed.idle = idleOf(*load.result, *session.cookie.touch_ttl, session.created);
  if (const auto own = session.tree.root().member("_sd")) {
    listed.address = textOf(*own, "address");
    const std::string program = textOf(*own, "program");
    const std::size_t slash = std::min(program.find('/'), program.size());
    listed.family = program.substr(0, slash);
    if (slash < program.size()) listed.system = program.substr(slash + 1);
  }
  return listed;
}

/// Every touch gives the key a whole life. One that the absolute timeout has cut short says nothing.
std::optional<std::chrono::milliseconds> SessionList::idleOf(const StoredSession& stored,
                                                             std::chrono::seconds touch_ttl,
                                                             std::optional<WallTime> created) const {
  if (!stored.ttl || *stored.ttl > touch_ttl) return std::nullopt;
  const std::chrono::seconds absolute = parts_.settings.absolute_timeout;
  if (absolute.count() > 0 && created && *created + absolute < parts_.clock.wallNow() + touch_ttl) return std::nullopt;
  return touch_ttl - *stored.ttl;
}

}  // namespace sessiond
