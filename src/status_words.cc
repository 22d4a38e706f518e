#include "status_words.h"

namespace sessiond {

/// More than 50 lines: a table, in which the compiler misses a status that has no words.
StatusWords wordsOf(CheckStatus status) {
  switch (status) {
    case CheckStatus::kValid:
      return {"let in", ""};
    case CheckStatus::kMissing:
      return {"there is no session cookie",
              "log in; if the browser had logged in: is cookie.name the applications' name, and do the cookie's "
              "domain, path and Secure fit the address?"};
    case CheckStatus::kMalformed:
      return {"the cookie is no signed value",
              "something else sets a cookie of this name; give the session's cookie another one (cookie.name)"};
    case CheckStatus::kForged:
      return {
          "no secret made the cookie's signature",
          "applications and sessiond must have the same secrets (session.secret_files); after a rotation the old one "
          "stays in the list: `sessionctl secret status`"};
    case CheckStatus::kTooMany:
      return {"more session cookies than are looked at, and none of those leads to a session",
              "something on this domain sets cookies of the session's name; remove them in the browser"};
    case CheckStatus::kTooLarge:
      return {"more bytes of cookies than are looked at, and nothing in those leads to a session",
              "the site's cookies must become smaller"};
    case CheckStatus::kUnknown:
      return {
          "there is no such session",
          "it has expired, or never was: log in; if it should be there: is session.key_prefix what applications have, "
          "and redis.url their Redis and database?"};
    case CheckStatus::kExpired:
      return {"the session is over: session.absolute_timeout, or a cookie's lifetime of nothing", "log in again"};
    case CheckStatus::kRevoked:
      return {"the session was ended, or its user is gone, disabled or has another password",
              "log in again; who is disabled or gone cannot: `sessionctl user list`"};
    case CheckStatus::kAnonymous:
      return {"the session is nobody's",
              "log in; if somebody should be logged in: does session.user_at lead to the user?"};
    case CheckStatus::kCorrupt:
      return {
          "what is stored is no session, or too large or too deep a one",
          "the log and `sessionctl explain` say what is wrong with it and what to do; one that is too large is sound: "
          "raise session.max_bytes"};
    case CheckStatus::kStale:
      return {"the login is older than the policy's max_auth_age", "log in again"};
    case CheckStatus::kForbidden:
      return {"logged in, but without what the policy asks for",
              "compare the session's roles (session.roles_at) and match with the policy's"};
    case CheckStatus::kLost:
      return {"logged in, but a value that identity may not leave out cannot be sent as it stands",
              "see identity: `lost: refuse`; the value has bytes that a header cannot have, or is too long"};
    case CheckStatus::kIncomplete:
      return {"logged in, but without a value for a required identity header",
              "see identity: `required`; the application must store that value"};
    case CheckStatus::kUnavailable:
      return {"Redis cannot say", "`redis-cli` and the daemon's log say why; nobody is let in until it answers"};
    case CheckStatus::kMisconfigured:
      return {
          "nginx names a policy that is not configured, or misspells another word for sessiond",
          "correct `set $sessiond_policy`, `$sessiond_touch` or `$sessiond_audience` in nginx, or add the policy to "
          "policies: `sessionctl nginx lint` finds it"};
  }
  return {"", ""};
}

}  // namespace sessiond
