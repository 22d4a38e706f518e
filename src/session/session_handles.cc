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

}  // namespace sessiond
