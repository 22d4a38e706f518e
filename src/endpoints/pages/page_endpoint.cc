#include "endpoints/pages/page_endpoint.h"

#include <chrono>
#include <utility>

#include "base/encoding.h"
#include "base/log.h"
#include "endpoints/media_type.h"
#include "endpoints/pages/start_here.h"
#include "endpoints/plain_answers.h"
#include "http/safe_redirect.h"
#include "session/new_session.h"

namespace sessiond {
namespace {

constexpr std::size_t kMaxIdBytes = 12;  // of nginx's request id: enough to find it in a log

}  // namespace

Response PageEndpoint::answer(const Request& request) const {
  const std::string_view page = request.paramOrEmpty("SESSIOND_PAGE");
  Response response = page == "forbidden"     ? forbidden(request)
                      : page == "unavailable" ? unavailable(request)
                      : page == "too_large"   ? tooLarge(request)
                                              : failed(request);
  if (request.paramOrEmpty("REQUEST_METHOD") == "HEAD") response.body.clear();
  return response;
}

Response PageEndpoint::forbidden(const Request& request) const {
  const std::string_view reason = request.paramOrEmpty("SESSIOND_REASON");
  if (reason == nameOf(CheckStatus::kMisconfigured)) return failed(request);
  const Expected<Visitor, CheckStatus> visitor = parts_.visitors.find(request);
  // What was sent by POST must not be asked for by GET afterwards.
  const std::string_view method = request.paramOrEmpty("REQUEST_METHOD");
  const std::string_view uri = method == "GET" || method == "HEAD" ? request.paramOrEmpty("SESSIOND_URI") : "";
  PageValues values;
  values.text("name", visitor ? visitor->name : "")
      .flag("incomplete", reason == nameOf(CheckStatus::kIncomplete) || reason == nameOf(CheckStatus::kLost))
      .text("switch_url",
            parts_.pages.loginUrl() + "?switch=1" + (isSafeRedirect(uri, {}) ? "&rd=" + percentEncode(uri) : ""));
  return parts_.pages.show(PageName::kForbidden, 403, std::move(values), request);
}

Response PageEndpoint::unavailable(const Request& request) const {
  return unavailablePage(parts_.pages, request, "check_unavailable");
}

Response PageEndpoint::failed(const Request& request) const {
  const std::string time = formatIsoTime(parts_.clock.wallNow());
  const std::string_view id = request.paramOrEmpty("SESSIOND_REQUEST_ID").substr(0, kMaxIdBytes);
  if (const auto count = mistakes_.count(parts_.clock.steadyNow())) {
    logError("page: a request failed by a mistake in the configuration of nginx or sessiond",
             {{"id", id},
              {"path", pathOf(request.paramOrEmpty("SESSIOND_URI"))},
              {"reason", request.paramOrEmpty("SESSIOND_REASON")},
              {"count", *count}});
  }
  PageValues values;
  values.text("time", time).text("id", id);
  return parts_.pages.show(PageName::kFailed, 500, std::move(values), request);
}

Response PageEndpoint::tooLarge(const Request& request) const {
  if (!wantsPage(request)) return jsonError(413, "too_large");
  const std::string_view path = pathOf(request.paramOrEmpty("SESSIOND_URI"));
  if (path == PageBook::kLogoutUrl) return startHere(parts_.pages, request, 413, "unreadable", StartHere::kLogout);
  if (path.starts_with(PageBook::kSessionsUrl))
    return startHere(parts_.pages, request, 413, "unreadable", StartHere::kSessions);
  return startHere(parts_.pages, request, 413, "too_large", StartHere::kLogin);
}

Response unavailablePage(const PageBook& pages, const Request& request, std::string_view message) {
  PageValues values;
  values.message("text", message).text("n", kRetryAfter);
  Response response = pages.show(PageName::kUnavailable, 503, std::move(values), request);
  response.add("Retry-After", kRetryAfter);
  return response;
}

Response tooManyTries(const PageBook& pages, const Request& request, std::chrono::seconds wait,
                      std::string_view login) {
  const auto minutes = std::max(std::chrono::minutes(1), std::chrono::ceil<std::chrono::minutes>(wait));
  PageValues values;
  values.text("n", std::to_string(minutes.count())).text("action", login);
  Response response = pages.show(PageName::kTooMany, 429, std::move(values), request);
  response.add("Retry-After", std::to_string(std::max<std::int64_t>(1, wait.count())));
  return response;
}

}  // namespace sessiond
