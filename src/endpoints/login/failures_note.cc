#include "endpoints/login/failures_note.h"

#include <chrono>
#include <string_view>

#include "base/parse.h"
#include "http/cookie_header.h"
#include "http/set_cookie.h"

namespace sessiond {
namespace {

constexpr std::chrono::seconds kLifetime{60};
/// Year 2100: no page has to show a later time.
constexpr std::int64_t kLatest = 4102444800000;

SetCookie note() {
  SetCookie cookie;
  cookie.name = "sessiond_tries";
  cookie.same_site = SameSite::kLax;
  return cookie;
}

}  // namespace

std::string leaveFailures(const FailureNote& failures, bool secure) {
  SetCookie cookie = note();
  cookie.value = std::to_string(failures.failures) + "." + std::to_string(failures.last.time_since_epoch().count());
  cookie.max_age = kLifetime;
  cookie.secure = secure;
  return render(cookie);
}

std::string dropFailures() {
  return render(expired(note()));
}

std::optional<FailureNote> failuresIn(const Request& request) {
  const CookieValues cookies = findCookies(request.params, note().name);
  if (cookies.values.empty()) return std::nullopt;
  const std::string_view value = cookies.values.front();
  const std::size_t dot = value.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto failures = parseInteger<std::uint64_t>(value.substr(0, dot));
  const auto last = parseInteger<std::int64_t>(value.substr(dot + 1));
  if (!failures || !last || *last < 0 || *last > kLatest) return std::nullopt;
  return FailureNote{.failures = *failures, .last = WallTime(WallTime::duration(*last))};
}

}  // namespace sessiond
