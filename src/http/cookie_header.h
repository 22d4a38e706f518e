// The Cookie request header: finding every value that one cookie name has in it.
//
// A browser may send a name several times (cookies of several paths or domains), and nginx before 1.23 passes each
// Cookie header line as an HTTP_COOKIE parameter of its own. So all parameters are walked in order and all values
// are handed out; which one is a session is decided elsewhere. The grammar is what npm's `cookie` parses, because
// Express must see the same values: pairs end at `;`, a pair without `=` is skipped, spaces and tabs around name and
// value go, names are case-sensitive, one pair of surrounding double quotes goes.
//
//   HTTP_COOKIE: theme=dark; connect.sid="s%3Aabc.sig"; connect.sid=s%3Aold.sig
//   findCookies(params, "connect.sid").values: s%3Aabc.sig, s%3Aold.sig

#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "base/fixed_vector.h"
#include "http/request.h"

namespace sessiond {

/// As many cookies of one name as are looked at.
constexpr std::size_t kMaxCookieValues = 8;

/// Views into the parameters they were found in.
struct CookieValues {
  FixedVector<std::string_view, kMaxCookieValues> values;
  bool too_large = false;  ///< more than kMaxCookieHeaderBytes in all; what lies beyond was not looked at
  bool too_many = false;   ///< more values than fit; the first ones are here
};

/// Of all HTTP_COOKIE parameters together. A parameter that would go beyond it is left out whole.
constexpr std::size_t kMaxCookieHeaderBytes = 16 * 1024;

/// The values of the cookie `name`, in the order sent. Allocates nothing.
CookieValues findCookies(std::span<const Param> params, std::string_view name);

/// The same without a limit of its own, for the few requests that must leave none out: views into the parameters, which
/// are bounded as a whole (fastcgi/framing_check.h).
std::vector<std::string_view> findAllCookies(std::span<const Param> params, std::string_view name);

}  // namespace sessiond
