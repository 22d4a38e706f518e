// What can be set about the ends of sessions: the options of `logout`.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace sessiond {

struct LogoutSettings {
  std::string redirect;                            ///< empty: a page that says that it is done
  std::uint32_t replicas = 0;                      ///< of Redis that a revocation waits for
  std::chrono::seconds tombstone_lifetime{86400};  ///< how late a writer may be (session/tombstone_lifetime.h)
};

}  // namespace sessiond
