#include "endpoints/account/done_note.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

#include "base/enum_size.h"
#include "endpoints/session_cookie.h"
#include "http/cookie_header.h"
#include "http/set_cookie.h"
#include "session/configured_cookie.h"

namespace sessiond {
namespace {

constexpr std::chrono::seconds kLifetime{60};
/// In the order of Done.
constexpr auto kWords = std::to_array<std::string_view>({"here", "everywhere", "one", "others"});
static_assert(kWords.size() == enumSize<Done>(), "a word for each");

std::string_view nameFor(bool secure) {
  return secure ? "__Host-sessiond_done" : "sessiond_done";
}

SetCookie note(const Request& request, SecureOption option) {
  SetCookie cookie;
  cookie.secure = isSecure(option, isHttps(request));
  cookie.name = nameFor(cookie.secure);
  cookie.same_site = SameSite::kLax;
  return cookie;
}

}  // namespace

std::string leaveDone(const Request& request, SecureOption secure, Done done) {
  SetCookie cookie = note(request, secure);
  cookie.value = kWords[static_cast<std::size_t>(done)];
  cookie.max_age = kLifetime;
  return render(cookie);
}

std::string dropDone(const Request& request, SecureOption secure) {
  return render(expired(note(request, secure)));
}

std::optional<Done> doneIn(const Request& request, SecureOption secure) {
  const CookieValues cookies = findCookies(request.params, nameFor(isSecure(secure, isHttps(request))));
  if (cookies.values.empty()) return std::nullopt;
  const auto* const word = std::ranges::find(kWords, cookies.values.front());
  if (word == kWords.end()) return std::nullopt;
  return static_cast<Done>(word - kWords.begin());
}

}  // namespace sessiond
