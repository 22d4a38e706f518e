// The session id of these bytes.

#pragma once

#include <string_view>

#include "session/session_id.h"

namespace sessiond {

inline SessionId idOf(std::string_view bytes) {
  return *SessionId::fromBytes(bytes);
}

}  // namespace sessiond
