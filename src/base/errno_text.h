// What an errno means, in the system's words: "No such file or directory". Thread-safe, as strerror() is not.

#pragma once

#include <string>
#include <system_error>

namespace sessiond {

inline std::string errnoText(int error) {
  return std::generic_category().message(error);
}

}  // namespace sessiond
