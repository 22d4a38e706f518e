// What can be set about the `sessions` endpoint: the options of `sessions`.

#pragma once

#include <chrono>

namespace sessiond {

struct SessionsSettings {
  std::chrono::seconds max_auth_age{600};  ///< who ends another session logged in no longer ago; 0: whenever
};

}  // namespace sessiond
