// ConnectionError: why a connection to Redis gave no answer.

#pragma once

#include <string>

namespace sessiond {

struct ConnectionError {
  enum class Kind {
    kUnreachable,  ///< no connection
    kTimeout,
    kClosed,    ///< by the server, before the first byte of an answer: an idle connection that had died
    kBroken,    ///< in the middle of an answer, or what came is not the Redis protocol
    kRejected,  ///< an error reply to the greeting
  };

  Kind kind{};
  std::string text;  ///< for the log; of kRejected, the error reply
};

}  // namespace sessiond
