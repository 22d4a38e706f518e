// page: the pages that nginx shows when a check let nobody through. nginx asks for them from inside, never a browser:
//
//   SESSIOND_PAGE=forbidden     403: logged in, but the policy says no. When the policy's name is one that does not
//                               exist (SESSIOND_REASON=misconfigured), it is our mistake and not the user's: 500.
//                               Whose account lacks what applications must know (`incomplete`, `lost`) is told so
//   SESSIOND_PAGE=unavailable   503: nobody could tell
//   SESSIOND_PAGE=failed        500: nginx or sessiond is set up wrongly
//   SESSIOND_PAGE=too_large     413: nginx would not even take what was sent to the login or logout
//
// The mistake's page has a time and an id, which stand in the log too (and in nginx's, when there are many at once).

#pragma once

#include <utility>

#include "base/clock.h"
#include "base/log_summary.h"
#include "endpoints/pages/page_book.h"
#include "endpoints/visitor.h"
#include "http/request.h"
#include "http/response.h"

namespace sessiond {

/// Thread-safe. `forbidden` waits for the store.
class PageEndpoint {
 public:
  /// Book and clock outlive it.
  struct Parts {
    const PageBook& pages;
    VisitorFinder visitors;
    const Clock& clock;
  };
  explicit PageEndpoint(Parts parts) : parts_(std::move(parts)) {}

  Response answer(const Request& request) const;
  /// Nobody could tell. Never waits.
  Response unavailable(const Request& request) const;

 private:
  Response forbidden(const Request& request) const;
  Response failed(const Request& request) const;
  Response tooLarge(const Request& request) const;

  /// Where a location is set up wrongly, anybody can ask for this page: of a flood, so many ids are logged an interval.
  static constexpr int kIdsLogged = 20;

  const Parts parts_;
  mutable LogSummary mistakes_{kIdsLogged};
};

/// The page of "not now": 503, and when to try again in words and in Retry-After. `message` is a key of the pages'
/// texts.
Response unavailablePage(const PageBook& pages, const Request& request, std::string_view message);

/// The page of "too many tries": 429, and the time to wait in words and in Retry-After. `login` is where to go back to.
Response tooManyTries(const PageBook& pages, const Request& request, std::chrono::seconds wait, std::string_view login);

}  // namespace sessiond
