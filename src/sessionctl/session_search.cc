#include "sessionctl/session_search.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "redis/redis_session_scan.h"

namespace sessiond::ctl {

using Sessions = Expected<std::vector<ListedSession>, StoreError>;

Expected<void, StoreError> SessionSearch::scan(const Visit& visit) {
  RedisSessionScan pages(site_.redis, site_.keys);
  const auto all = pages.all();
  Progress progress("keys looked at");
  std::string from(SessionScan::kEnd);
  do {
    auto page = pages.page(from);
    if (!page) return Unexpected(page.error());
    progress.show(pages.passed(), all);
    if (!page->ids.empty() && !visit(page->ids)) return {};
    from = std::move(page->next);
  } while (from != SessionScan::kEnd);
  return {};
}

namespace {

/// What a scan finds and `is_wanted` takes, each once.
Sessions scanFor(SessionSearch& search, const SessionList& list,
                 const std::function<bool(const ListedSession&)>& is_wanted) {
  std::vector<ListedSession> found;
  std::set<SessionId> seen;
  std::optional<StoreError> failure;
  const auto done = search.scan([&](std::span<const SessionId> ids) {
    auto sessions = list.describe(ids);
    if (!sessions) failure = sessions.error();
    if (!sessions) return false;
    for (ListedSession& session : *sessions)
      if (is_wanted(session) && seen.insert(session.id).second) found.push_back(std::move(session));
    return true;
  });
  if (!done) return Unexpected(done.error());
  if (failure) return Unexpected(*failure);
  return found;
}

}  // namespace

Sessions SessionSearch::ofUser(const std::string& user_id, bool scan) {
  auto sessions = site_.list.of(user_id, std::nullopt);
  if (!sessions || !scan) return sessions;
  auto others = scanFor(*this, site_.list, [&](const ListedSession& session) {
    return session.user_id == user_id &&
           std::ranges::find(*sessions, session.id, &ListedSession::id) == sessions->end();
  });
  if (!others) return others;
  std::ranges::move(*others, std::back_inserter(*sessions));
  return sessions;
}

Sessions SessionSearch::all(bool anonymous) {
  auto sessions =
      scanFor(*this, site_.list, [&](const ListedSession& session) { return anonymous || !session.user_id.empty(); });
  if (!sessions) return sessions;
  std::ranges::sort(*sessions, {}, [](const ListedSession& one) { return std::pair(one.user_id, one.created); });
  return sessions;
}

Expected<std::vector<std::optional<ListedSession>>, StoreError> SessionSearch::named(
    const std::vector<std::string>& wanted, const std::optional<std::string>& user_id) {
  const std::set<std::string> names(wanted.begin(), wanted.end());
  std::map<std::string, SessionId> meant;
  const auto take = [&](std::span<const SessionId> some) {
    for (const SessionId& id : some)
      for (const std::string& handle : site_.handles.all(id))
        if (names.contains(handle)) meant.emplace(handle, id);
    return meant.size() < names.size();
  };
  if (user_id) {
    const auto indexed = site_.index.list(*user_id, SessionList::kMost);
    if (!indexed) return Unexpected(indexed.error());
    take(*indexed);
  } else if (const auto done = scan(take); !done) {
    return Unexpected(done.error());
  }
  std::vector<SessionId> ids;
  ids.reserve(meant.size());
  for (const auto& [handle, id] : meant) ids.push_back(id);
  auto sessions = site_.list.describe(ids);
  if (!sessions) return Unexpected(sessions.error());
  std::vector<std::optional<ListedSession>> found;
  for (const std::string& handle : wanted) {
    const auto id = meant.find(handle);
    const auto one = id == meant.end() ? sessions->end() : std::ranges::find(*sessions, id->second, &ListedSession::id);
    const bool is_there = one != sessions->end() && (!user_id || one->user_id == *user_id);
    found.push_back(is_there ? std::optional(*one) : std::nullopt);
  }
  return found;
}

}  // namespace sessiond::ctl
