// sessions: where a user is logged in, and an end to what is not wanted there.
//
//   GET               a page without JavaScript, or JSON:
//                     {"sessions":[{"handle":"kA3…","this_device":true,"program":"Firefox","system":"Linux",
//                     "address":"192.0.2.0/24","created":1767225600000,"last_used":1767225660000}]}
//                     null: not known, as of a session that an application made. Milliseconds since 1970
//   POST              a form with its token: `end=<handle>` or `end=others`; 303 back to the page
//   DELETE /<handle>  and DELETE ?others=1, for programs: 204
//
// X-Session-Logout says how good an end is, as at the logout (logout.h).
//
// Nobody is told of a session that is not their own: its handle is as good as none (404). Ending another session takes
// a login younger than sessions.max_auth_age, because a stolen session would otherwise throw its owner out: a page is
// led to the login and back, a program is told 401 `stale`. Where nobody logs in by sessiond, or the option is 0, it
// does not. Redis down: 503, and nothing is claimed. `too_many` and `too_large` are the check's words for cookies that
// nobody looked at (check_status.h).

#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/expected.h"
#include "base/metrics.h"
#include "endpoints/account/session_end_counters.h"
#include "endpoints/csrf.h"
#include "endpoints/pages/page_book.h"
#include "endpoints/site_settings.h"
#include "endpoints/visitor.h"
#include "http/request.h"
#include "http/response.h"
#include "session/check_status.h"
#include "session/session_ender.h"
#include "session/session_finder.h"
#include "session/session_list.h"

namespace sessiond {

/// What it works with; all outlive the endpoint.
struct SessionsParts {
  const SiteSettings& settings;
  const PageBook& pages;
  const SessionFinder& finder;
  const SessionList& list;
  const SessionEnder& ender;
  const CsrfGuard& csrf;
  const Clock& clock;
  MetricsRegistry& metrics;
};

/// Thread-safe. Waits for the store.
class SessionsEndpoint {
 public:
  explicit SessionsEndpoint(const SessionsParts& parts);

  Response answer(const Request& request) const;
  /// When there is no worker to look anything up: 503.
  Response turnAway(const Request& request) const;

 private:
  /// Why a session is not ended, although it is known who asks.
  enum class Refusal { kUnavailable, kUnfinished, kUnknown, kOwn, kStale };

  Response refuseNobody(const Request& request, CheckStatus why) const;
  Response show(const Request& request) const;
  Response showList(const Request& request, const Visitor& visitor, int status, std::string_view error) const;
  Response endByForm(const Request& request) const;
  Response endByProgram(const Request& request) const;
  Expected<Ending, Refusal> end(const Visitor& visitor, std::string_view what) const;
  bool isFresh(const Visitor& visitor) const;
  static Response refuseProgram(Refusal refusal);
  Response refuseForm(const Request& request, const Visitor& visitor, Refusal refusal) const;
  Response refuse(const Request& request, int status, std::string_view word, std::string_view message) const;
  Response unavailable(const Request& request, bool unfinished) const;
  Response toLogin(bool stale) const;

  const SessionsParts parts_;
  const VisitorFinder visitors_;
  const SessionEndCounters ends_;
};

}  // namespace sessiond
