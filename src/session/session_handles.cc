#include "session/session_handles.h"

#include "base/encoding.h"

namespace sessiond {
namespace {

constexpr std::size_t kBytes = 8;  // 16 characters

}  // namespace

SessionHandles::SessionHandles(const Secret& secret) : key_(deriveKey(secret, "sessiond session handles 1")) {}

std::string SessionHandles::of(const SessionId& id) const {
  return hexEncode(asBytes(key_.sign(id.bytes())).substr(0, kBytes));
}

bool SessionHandles::canBe(std::string_view text) {
  return text.size() == 2 * kBytes && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace sessiond
