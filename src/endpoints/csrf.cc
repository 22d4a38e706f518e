#include "endpoints/csrf.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "base/log.h"
#include "base/random.h"
#include "endpoints/session_cookie.h"
#include "http/cookie_header.h"
#include "http/set_cookie.h"

namespace sessiond {
namespace {

constexpr std::string_view kPurpose = "sessiond login form token 1";
constexpr std::size_t kNonceBytes = 24;
constexpr std::size_t kNonceCharacters = 32;
constexpr std::size_t kTokenBytes = kTimeBytes + sizeof(Sha256Digest);

bool isNonce(std::string_view text) {
  return text.size() == kNonceCharacters && base64UrlDecode(text).has_value();
}

/// What is signed.
std::string statement(std::string_view nonce, std::string_view time) {
  return std::string(nonce).append(time);
}

}  // namespace

CsrfGuard::CsrfGuard(std::span<const Secret> secrets, SecureOption secure, const Clock& clock)
    : keys_(secrets, kPurpose), secure_(secure), clock_(clock) {}

std::string CsrfGuard::cookieName(const Request& request) const {
  return hostCookieName("sessiond_csrf", isSecureFor(request, secure_));
}

CsrfGuard::Ticket CsrfGuard::issue(const Request& request) const {
  const std::string name = cookieName(request);
  const std::vector<std::string_view> nonces = findAllCookies(request.params, name);
  const auto kept = std::ranges::find_if(nonces, isNonce);
  Ticket ticket;
  std::string nonce;
  if (kept != nonces.end()) {
    nonce = *kept;
  } else {
    nonce = base64UrlEncode(randomBytes(kNonceBytes));
    SetCookie cookie;
    cookie.name = name;
    cookie.value = nonce;
    cookie.secure = isSecureFor(request, secure_);
    cookie.same_site = SameSite::kLax;
    ticket.set_cookie = render(cookie);
  }
  const std::string time = encodeTime(clock_.wallNow());
  ticket.token = base64UrlEncode(time + std::string(asBytes(keys_.sign(statement(nonce, time)))));
  return ticket;
}

bool CsrfGuard::hasMany(const Request& request) const {
  const CookieValues cookies = findCookies(request.params, cookieName(request));
  return cookies.too_many || cookies.too_large;
}

CsrfVerdict CsrfGuard::check(const Request& request, std::string_view token) const {
  // All of them: where it is not `__Host-`, others can set cookies of this name, and must not hide the genuine one.
  const std::vector<std::string_view> nonces = findAllCookies(request.params, cookieName(request));
  if (nonces.empty()) return CsrfVerdict::kNoCookie;
  const std::optional<std::string> bytes = token.size() <= 2 * kTokenBytes ? base64UrlDecode(token) : std::nullopt;
  if (!bytes || bytes->size() != kTokenBytes) return CsrfVerdict::kBadToken;
  const std::string_view time = std::string_view(*bytes).substr(0, kTimeBytes);
  const std::string_view signature = std::string_view(*bytes).substr(kTimeBytes);

  bool genuine = false;
  for (const std::string_view nonce : nonces) {
    genuine |= keys_.verifies(statement(nonce, time), signature);
  }
  if (!genuine) return CsrfVerdict::kBadToken;
  return checkAge(decodeTime(time));
}

CsrfVerdict CsrfGuard::checkAge(WallTime made) const {
  const WallTime now = clock_.wallNow();
  if (made > now + kClockTolerance) {
    const auto ahead = std::chrono::duration_cast<std::chrono::seconds>(made - now);
    logWarn("login: a form's token is from the future; the clocks of the sessiond instances differ",
            {{"ahead", std::to_string(ahead.count()) + "s"}});
    return CsrfVerdict::kFromFuture;
  }
  return now < made + kTokenLifetime ? CsrfVerdict::kGenuine : CsrfVerdict::kExpired;
}

}  // namespace sessiond
