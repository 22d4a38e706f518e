#include "endpoints/account/done_note.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/enum_size.h"
#include "endpoints/session_cookie.h"
#include "endpoints/short_cookie.h"

namespace sessiond {
namespace {

/// In the order of Done.
constexpr auto kWords = std::to_array<std::string_view>({"here", "everywhere", "one", "others"});
static_assert(kWords.size() == enumSize<Done>(), "a word for each");

ShortCookie note(bool secure) {
  return ShortCookie("sessiond_done", secure);
}

}  // namespace

std::string leaveDone(const Request& request, SecureOption option, Done done) {
  return note(isSecureFor(request, option)).set(kWords[static_cast<std::size_t>(done)]);
}

std::string dropDone(const Request& request, SecureOption option) {
  return note(isSecureFor(request, option)).drop();
}

std::optional<Done> doneIn(const Request& request, SecureOption option) {
  const std::optional<std::string_view> value = note(isSecureFor(request, option)).read(request);
  if (!value) return std::nullopt;
  const auto* const word = std::ranges::find(kWords, *value);
  if (word == kWords.end()) return std::nullopt;
  return static_cast<Done>(word - kWords.begin());
}

}  // namespace sessiond
