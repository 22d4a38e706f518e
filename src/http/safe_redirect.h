// Where a login or logout may send a browser afterwards: the `rd` parameter, which anybody can put into a link.
//
// An open redirect lends a site's good name to a phisher. So the rules are narrower than those of URLs, and a value
// that breaks one is refused whole, never repaired: what was repaired wrongly is the usual way around such checks.
//
// A local address: `/`, then printable ASCII (RFC 3986 characters and | ^ { } `). Not accepted are
//   //host, /\host               the browser takes them for another host
//   \ " < > space, control and non-ASCII bytes, anywhere; encoded control characters (%00-%1F, %7F), anywhere
// and in the path, also after undoing percent-encoding as often as it was done:
//   a second / or \ at the start, backslashes, control characters, broken %XX, bytes that are not UTF-8
//   dot segments (/../, /./, /..;x/), which can uncover a // at the start
//   characters that look like / \ or . to people, or become them under Unicode normalization; invisible ones
// An address elsewhere: one of the allowed origins, byte for byte, then nothing or such a local address.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace sessiond {

inline constexpr std::size_t kMaxRedirectBytes = 4096;

/// May a browser be sent there? `allowed_origins` are in canonical form (http/origin.h).
bool isSafeRedirect(std::string_view address, std::span<const std::string> allowed_origins);

/// `address` when it is safe, else `fallback` (for "no address given": pass "").
std::string safeRedirectOr(std::string_view address, std::span<const std::string> allowed_origins,
                           std::string_view fallback);

}  // namespace sessiond
