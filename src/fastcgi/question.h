// A question to a FastCGI server, as nginx would ask it: for tools that want to know what the daemon itself says.

#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/expected.h"

namespace sessiond {

using FastcgiParams = std::vector<std::pair<std::string, std::string>>;

/// A plain value.
struct FastcgiAnswer {
  int status = 0;  ///< 0: none was named
  std::string head;
  std::string body;

  /// The first header of the name, which is compared without case; "" without one.
  std::string header(std::string_view name) const;
};

/// The error of askFastcgi() where the question was taken and nothing came.
inline constexpr std::string_view kNoAnswerInTime = "no answer in time";

/// Asks without a body, on a connection of its own, and waits no longer than that, all in all. `socket` is what
/// listen.socket says. The error is why there is no answer: "No such file or directory".
Expected<FastcgiAnswer, std::string> askFastcgi(const std::string& socket, const FastcgiParams& params,
                                                std::chrono::milliseconds patience);

}  // namespace sessiond
