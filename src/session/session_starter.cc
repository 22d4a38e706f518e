#include "session/session_starter.h"

#include <utility>

#include "http/set_cookie.h"
#include "session/configured_cookie.h"
#include "session/session_facts.h"
#include "session/user_id.h"

namespace sessiond {
namespace {

/// What the record says of the cookie that is sent with it.
NewSessionCookie remembered(const SetCookie& cookie, const CookieSettings& settings) {
  NewSessionCookie remembered{cookie};
  if (settings.max_age) remembered.original_max_age = *settings.max_age;
  remembered.expires = cookie.expires;
  remembered.path = cookie.path;
  remembered.domain = cookie.domain;
  return remembered;
}

}  // namespace

Expected<StartedSession, NoStart> SessionStarter::start(std::string_view user_json, LoginRecord login,
                                                        bool https) const {
  // Before the session is there, so that whoever logs everybody out meanwhile ends it as well.
  const Expected<std::uint64_t, StoreError> epoch = parts_.store.raiseEpoch(0);
  if (!epoch) return Unexpected(NoStart{.store_failed = true});
  login.epoch = *epoch;
  login.created = parts_.clock.wallNow();
  login.user_id = userIdIn(user_json, parts_.session);
  SetCookie cookie = configuredCookie(parts_.cookie, https);
  if (parts_.cookie.max_age) endAfter(cookie, *parts_.cookie.max_age, login.created);
  const std::string json = composeSession(remembered(cookie, parts_.cookie), user_json, login, parts_.session.user_at);
  const SessionFacts facts = parts_.extractor.extract(json);
  if (facts.state != CheckStatus::kValid) return Unexpected(NoStart{.damage = facts.damage});
  if (!outlastsJavaScript(user_json, parts_.session)) return Unexpected(NoStart{.damage = RecordDamage::kInexactId});
  if (std::string headers = parts_.extractor.headersThatRefuse(facts); !headers.empty())
    return Unexpected(NoStart{.identity = std::move(headers)});
  StartedSession started{.id = SessionId::generate(),
                         .life = parts_.cookie.max_age.value_or(parts_.session.idle_timeout),
                         .set_cookie = {}};
  if (const auto created = parts_.store.create(started.id, json, started.life); !created)
    return Unexpected(NoStart{.store_failed = true});
  cookie.value = parts_.signer.sign(started.id);
  started.set_cookie = render(cookie);
  return started;
}

void SessionStarter::withdraw(const StartedSession& started) const {
  static_cast<void>(parts_.store.revoke(started.id, started.life));
}

}  // namespace sessiond
