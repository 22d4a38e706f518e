// UserKeeper: who keeps the user that a login here was made as, and says whether their password is still the same. It
// is told by `_sd.auth`: who, and a tag of the stored hash (`htpasswd:<16 hexadecimal digits>`, `redis:` likewise).

#pragma once

#include <cstdint>

namespace sessiond {

enum class UserKeeper : std::uint8_t {
  kNobody,  ///< nobody who could tell
  kFile,    ///< a password file, all of which is in memory
  kStore,   ///< the session store: read with the session
};

}  // namespace sessiond
