// Who is logged in, and logging them out.

#include <sysexits.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "session/new_session.h"
#include "sessionctl/commands.h"
#include "sessionctl/redis_site.h"
#include "sessionctl/session_search.h"

namespace sessiond::ctl {
namespace {

std::string programOf(const ListedSession& session) {
  return session.family + (session.system.empty() ? "" : " on " + session.system);
}

std::string secondsOrNull(std::optional<std::chrono::milliseconds> time) {
  return time ? std::to_string(std::chrono::floor<std::chrono::seconds>(*time).count()) : "null";
}

std::string jsonOf(const ListedSession& session) {
  return JsonObject()
      .text("handle", session.handle)
      .textOrNull("user", session.user_id)
      .textOrNull("created", session.created ? formatIsoTime(*session.created) : "")
      .raw("idle_seconds", secondsOrNull(session.idle))
      .raw("ends_in_seconds", secondsOrNull(session.left))
      .textOrNull("address", session.address)
      .textOrNull("program", programOf(session))
      .json();
}

/// Without the time of day's fraction; "by an application" where no login of sessiond's has noted it.
std::string sinceOf(const ListedSession& session) {
  if (!session.created) return "by an application";
  const std::string iso = formatIsoTime(*session.created);
  return iso.substr(0, 10) + " " + iso.substr(11, 8) + "Z";
}

std::string wordsOr(std::optional<std::chrono::milliseconds> time, const char* otherwise) {
  return time ? inWords(*time) : otherwise;
}

void print(const std::vector<ListedSession>& sessions) {
  std::vector<std::vector<std::string>> rows;
  rows.reserve(sessions.size());
  for (const ListedSession& session : sessions) {
    rows.push_back({session.handle, session.user_id.empty() ? "-" : session.user_id, sinceOf(session),
                    wordsOr(session.idle, "-"), wordsOr(session.left, "never"),
                    session.address.empty() ? "-" : session.address, programOf(session)});
  }
  printTable({"HANDLE", "USER", "SINCE", "UNUSED FOR", "ENDS IN", "FROM", "PROGRAM"}, std::move(rows));
}

/// What the handles mean; the error is an exit code, and why has been said.
Expected<std::vector<ListedSession>, int> resolve(const CommonOptions& options, const SessionOptions& which,
                                                  SessionSearch& search) {
  if (!std::ranges::all_of(which.handles, SessionHandles::canBe)) {
    return Unexpected(fail(options, EX_DATAERR,
                           "what was given is no handle, which is 16 digits, of 0 to 9 and a to f; `sessionctl session "
                           "list` shows those there are"));
  }
  const auto user = which.user.empty() ? std::nullopt : std::optional(which.user);
  auto found = search.named(which.handles, user);
  if (!found) return Unexpected(failStore(options, found.error()));
  std::vector<ListedSession> sessions;
  for (std::size_t i = 0; i < found->size(); ++i) {
    if (!(*found)[i]) {
      return Unexpected(
          fail(options, EX_NOINPUT,
               "no session" + (user ? " of user " + *user : "") + " has the handle " + which.handles[i] +
                   ": it has ended, or the handle is mistyped; `sessionctl session list` shows those there "
                   "are"));
    }
    sessions.push_back(*std::move((*found)[i]));
  }
  return sessions;
}

int sayEnded(const CommonOptions& options, std::size_t count, Burial burial) {
  const bool is_final = burial == Burial::kBuried;
  if (options.json) {
    std::printf("%s\n", JsonObject()
                            .flag("ok", is_final)
                            .number("ended", static_cast<std::int64_t>(count))
                            .flag("final", is_final)
                            .json()
                            .c_str());
  } else if (!is_final) {
    std::fprintf(
        stderr,
        "sessionctl: %zu ended, but Redis would not take every tombstone: an application that still has a copy of "
        "one can bring it back; the log line above, or in log.file, says why; mend that and run this again\n",
        count);
  } else {
    sayDone(std::to_string(count) + (count == 1 ? " session has ended" : " sessions have ended"));
  }
  return is_final ? EX_OK : EX_TEMPFAIL;
}

/// Nothing to say; or the exit code.
std::optional<int> refuseUnasked(const CommonOptions& options, const SessionOptions& which, const std::string& what) {
  if (which.yes || confirmed("End " + what + "? It cannot be undone.")) return std::nullopt;
  return fail(options, EX_USAGE, "nothing was ended; --yes ends " + what + " without asking");
}

std::string countOf(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " session" : " sessions");
}

int revokeUser(const CommonOptions& options, const SessionOptions& which, RedisSite& site) {
  SessionSearch search(site);
  const auto sessions = search.ofUser(which.user, which.scan);
  if (!sessions) return failStore(options, sessions.error());
  if (!sessions->empty()) {
    if (const auto refused = refuseUnasked(options, which, countOf(sessions->size()) + " of user " + which.user)) {
      return *refused;
    }
  }
  const auto indexed = site.index.list(which.user, SessionList::kMost);
  if (!indexed) return failStore(options, indexed.error());
  std::vector<SessionId> unseen;
  for (const ListedSession& session : *sessions)
    if (std::ranges::find(*indexed, session.id) == indexed->end()) unseen.push_back(session.id);
  const auto listed = endAllOf(site, which.user);
  if (!listed) return failStore(options, listed.error());
  const auto others = site.ender.end(unseen, kAdministrator);
  if (!others) return failStore(options, others.error());
  const bool all_buried =
      listed->burial == Burial::kBuried &&
      std::ranges::all_of(*others, [](const EndedSession& one) { return one.ending.burial == Burial::kBuried; });
  return sayEnded(options, sessions->size(), all_buried ? Burial::kBuried : Burial::kUnburied);
}

int revokeHandles(const CommonOptions& options, const SessionOptions& which, RedisSite& site) {
  SessionSearch search(site);
  SessionOptions each_once = which;
  std::ranges::sort(each_once.handles);
  each_once.handles.erase(std::unique(each_once.handles.begin(), each_once.handles.end()), each_once.handles.end());
  const auto sessions = resolve(options, each_once, search);
  if (!sessions) return sessions.error();
  std::vector<SessionId> ids;
  // Two handles of one session, by two secrets, are one session.
  for (const ListedSession& session : *sessions)
    if (std::ranges::find(ids, session.id) == ids.end()) ids.push_back(session.id);
  if (const auto refused = refuseUnasked(options, which, countOf(ids.size()))) return *refused;
  const auto ended = site.ender.end(ids, kAdministrator);
  if (!ended) return failStore(options, ended.error());
  const bool all_buried =
      std::ranges::all_of(*ended, [](const EndedSession& one) { return one.ending.burial == Burial::kBuried; });
  return sayEnded(options, ids.size(), all_buried ? Burial::kBuried : Burial::kUnburied);
}

}  // namespace

int sessionList(const CommonOptions& options, const SessionOptions& which) {
  if (which.user.empty() && which.scan) {
    return fail(options, EX_USAGE, "--scan belongs to --user; without --user every key is looked at anyway");
  }
  if (!which.user.empty() && which.anonymous) {
    return fail(options, EX_USAGE, "--anonymous goes without --user: a session of nobody is no user's");
  }
  const auto site = openRedis(options);
  if (!site) return site.error();
  SessionSearch search(**site);
  const auto sessions = which.user.empty() ? search.all(which.anonymous) : search.ofUser(which.user, which.scan);
  if (!sessions) return failStore(options, sessions.error());
  if (!options.json) {
    print(*sessions);
    return EX_OK;
  }
  std::vector<std::string> list;
  for (const ListedSession& session : *sessions) list.push_back(jsonOf(session));
  std::printf("%s\n", JsonObject().flag("ok", true).list("sessions", list).json().c_str());
  return EX_OK;
}

int sessionShow(const CommonOptions& options, const SessionOptions& which) {
  const auto site = openRedis(options);
  if (!site) return site.error();
  SessionSearch search(**site);
  const auto sessions = resolve(options, which, search);
  if (!sessions) return sessions.error();
  const ListedSession& session = sessions->front();
  if (options.json) {
    std::printf("%s\n", JsonObject().flag("ok", true).raw("session", jsonOf(session)).json().c_str());
    return EX_OK;
  }
  printTable({"", ""}, {{"handle", session.handle},
                        {"user", session.user_id.empty() ? "nobody is logged in" : session.user_id},
                        {"since", sinceOf(session)},
                        {"unused for", wordsOr(session.idle, "not known")},
                        {"ends in", wordsOr(session.left, "never")},
                        {"from", session.address.empty() ? "not known" : session.address},
                        {"program", programOf(session).empty() ? "not known" : programOf(session)}});
  return EX_OK;
}

int sessionRevoke(const CommonOptions& options, const SessionOptions& which) {
  if (which.handles.empty() && which.user.empty()) {
    return fail(options, EX_USAGE,
                "name the sessions to end by their handles (`sessionctl session list`), or --user ID");
  }
  if (which.scan && !which.handles.empty()) {
    return fail(options, EX_USAGE, "--scan belongs to --user without handles; a handle is looked for everywhere");
  }
  const auto site = openRedis(options);
  if (!site) return site.error();
  return which.handles.empty() ? revokeUser(options, which, **site) : revokeHandles(options, which, **site);
}

}  // namespace sessiond::ctl
