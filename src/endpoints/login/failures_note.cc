#include "endpoints/login/failures_note.h"

#include <cstdint>
#include <string_view>

#include "base/parse.h"
#include "endpoints/short_cookie.h"

namespace sessiond {
namespace {

/// Year 2100: no page has to show a later time.
constexpr std::int64_t kLatest = 4102444800000;

ShortCookie note(bool secure) {
  return ShortCookie("sessiond_tries", secure);
}

}  // namespace

std::string leaveFailures(const FailureNote& failures, bool secure) {
  const std::string last = std::to_string(failures.last.time_since_epoch().count());
  return note(secure).set(std::to_string(failures.failures) + "." + last);
}

std::string dropFailures(bool secure) {
  return note(secure).drop();
}

std::optional<FailureNote> failuresIn(const Request& request, bool secure) {
  const std::string_view value = note(secure).read(request).value_or("");
  const std::size_t dot = value.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto failures = parseInteger<std::uint64_t>(value.substr(0, dot));
  const auto last = parseInteger<std::int64_t>(value.substr(dot + 1));
  if (!failures || !last || *last < 0 || *last > kLatest) return std::nullopt;
  return FailureNote{.failures = *failures, .last = WallTime(WallTime::duration(*last))};
}

}  // namespace sessiond
