#include "session/session_id.h"

#include "base/encoding.h"
#include "base/random.h"

namespace sessiond {

std::optional<SessionId> SessionId::fromBytes(std::string_view bytes) {
  if (bytes.empty() || bytes.size() > kMaxBytes) return std::nullopt;
  return SessionId(std::string(bytes));
}

SessionId SessionId::generate() {
  return SessionId(base64UrlEncode(randomBytes(24)));
}

}  // namespace sessiond
