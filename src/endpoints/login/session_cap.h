// SessionCap: as many sessions as a user may have (session.per_user), and what happens when there may be no more: those
// that would end first do so now, or the login is refused with a page that offers to end one.
//
// By when they end, not by when they were used: that is what the index knows. Where applications give sessions lives of
// their own, a short one that is in use goes before a long one that is idle.
//
// A login stores its session first, whose id nobody knows yet, and then asks for admission here. The index decides, one
// login after the other, so that many at once leave exactly as many as may be.
//
// With a cap whoever logs in last wins, also a thief with the password; so there is none unless a site wants one.

#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/expected.h"
#include "base/metrics.h"
#include "endpoints/account/session_end_counters.h"
#include "endpoints/csrf.h"
#include "endpoints/login/end_session_ticket.h"
#include "endpoints/login/login_outcome.h"
#include "endpoints/pages/page_book.h"
#include "endpoints/site_settings.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"
#include "session/session_ender.h"
#include "session/session_list.h"
#include "session/user_session_index.h"

namespace sessiond {

/// Thread-safe. Waits for the store. What it works with outlives it.
class SessionCap {
 public:
  struct Parts {
    const SiteSettings& settings;
    const PageBook& pages;
    const CsrfGuard& csrf;
    UserSessionIndex& index;
    const SessionEnder& ender;
    const SessionList& list;
    const EndSessionTickets& tickets;
    MetricsRegistry& metrics;
  };
  explicit SessionCap(const Parts& parts) : parts_(parts), ends_(parts.metrics) {}

  /// `leaving`: sessions that the login is going to end anyway. The error is kTooManySessions or kUnavailable.
  Expected<void, LoginOutcome> admit(const IndexedSession& session, std::span<const SessionId> leaving) const;
  /// 409: the page that offers to end a session of this user's, who gave the right password. `action`: where its form
  /// is sent, the login's own address.
  Response offer(const Request& request, const std::string& user_id, std::string_view name,
                 const std::string& action) const;

  /// What became of such a form.
  enum class Answer { kEnded, kGone, kExpired, kUnavailable };
  Answer endOne(const Request& request, const FormFields& form) const;

 private:
  Answer endIfTheirs(const Request& request, const FormFields& form) const;

  const Parts parts_;
  const SessionEndCounters ends_;
};

}  // namespace sessiond
