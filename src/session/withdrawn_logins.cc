#include "session/withdrawn_logins.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "base/log.h"
#include "session/load_pieces.h"

namespace sessiond {
namespace {

/// A word of the audit log.
constexpr std::string_view kWhy = "password_file";

}  // namespace

void WithdrawnLogins::add(const std::string& where, std::string user_id, std::uint64_t password_tag) {
  if (user_id.empty()) return;
  auto waiting = waiting_.lock();
  if (waiting->logins.size() >= kMost) {
    ++waiting->beyond;
    return;
  }
  waiting->logins.push_back({.where = where,
                             .user_id = std::move(user_id),
                             .password_tag = password_tag,
                             .seen = clock_.wallNow(),
                             .given_up = clock_.steadyNow() + kPatience});
}

/// One line for all: each by itself would be as many again.
void WithdrawnLogins::sayWhoFoundNoRoom() {
  const std::size_t beyond = std::exchange(waiting_.lock()->beyond, 0);
  if (beyond == 0) return;
  logError(
      "htpasswd: too many lines are gone, locked or other ones at once to end the sessions of all of their users; "
      "those of some are refused, but come back with the old lines; sessionctl session revoke --user ID of each ends "
      "them, --all everybody's",
      {{"users", beyond}, {"waiting", kMost}});
}

std::optional<WithdrawnLogins::Login> WithdrawnLogins::take(const std::string& where) {
  const SteadyTime now = clock_.steadyNow();
  auto waiting = waiting_.lock();
  std::deque<Login>& logins = waiting->logins;
  const auto first = std::find_if(logins.begin(), logins.end(),
                                  [&](const Login& login) { return login.where == where || login.given_up <= now; });
  if (first == logins.end()) return std::nullopt;
  Login login = std::move(*first);
  logins.erase(first);
  return login;
}

void WithdrawnLogins::endSome(const Parts& parts) {
  sayWhoFoundNoRoom();
  for (std::size_t i = 0; i < kAtOnce; ++i) {
    std::optional<Login> login = take(parts.where);
    if (!login) return;
    if (login->where == parts.where && end(*login, parts)) continue;
    if (clock_.steadyNow() < login->given_up) {
      // Behind the others: it may be this one alone that cannot be ended.
      waiting_.lock()->logins.push_back(*std::move(login));
      return;
    }
    logError(
        "htpasswd: the sessions of a user whose line is gone, locked or another one could not be ended; they are "
        "refused, but come back with the old line; sessionctl session revoke --user ID ends them",
        {{"user_id", pseudonym(parts.log_key, login->user_id)}});
  }
}

/// A session without a time is from before there was one.
bool WithdrawnLogins::isOf(const Login& login, const SessionFacts& facts) {
  return facts.keeper == UserKeeper::kFile && facts.password_tag == login.password_tag &&
         (!facts.authenticated || *facts.authenticated <= login.seen);
}

Expected<std::vector<SessionId>, StoreError> WithdrawnLogins::begunBy(const Login& login,
                                                                      std::span<const SessionId> listed,
                                                                      const Parts& parts) {
  std::vector<SessionId> sessions;
  const auto looked =
      inPieces(listed, parts.max_bytes, [&](std::span<const SessionId> piece) -> Expected<void, StoreError> {
        std::vector<SessionLoad> loads;
        for (const SessionId& id : piece) loads.push_back({.id = &id});
        parts.store.load(loads);
        for (const SessionLoad& load : loads) {
          if (!load.result && load.result.error() != StoreError::kCorrupt) return Unexpected(load.result.error());
          if (!load.result || !load.result->json) continue;
          if (isOf(login, parts.extractor.extract(*load.result->json))) sessions.push_back(*load.id);
        }
        return {};
      });
  if (!looked) return Unexpected(looked.error());
  return sessions;
}

/// False: not all, or nobody can tell.
bool WithdrawnLogins::end(const Login& login, const Parts& parts) {
  const auto listed = parts.index.list(login.user_id, kMostListed);
  if (!listed) return false;
  const auto sessions = begunBy(login, *listed, parts);
  if (!sessions) return false;
  if (!sessions->empty() && !parts.ender.endListed(login.user_id, *sessions, kWhy)) return false;
  if (listed->size() == kMostListed) {
    logError(
        "htpasswd: a user whose line is gone, locked or another one has too many sessions to look at all of them; the "
        "others are refused, but come back with the old line; sessionctl session revoke --user ID ends them",
        {{"user_id", pseudonym(parts.log_key, login.user_id)}, {"looked_at", kMostListed}});
  }
  return true;
}

}  // namespace sessiond
