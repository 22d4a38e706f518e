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

inline ConnectionError noAnswerInTime() {
  return {ConnectionError::Kind::kTimeout, "no answer in time"};
}

inline ConnectionError notOfRedis() {
  return {ConnectionError::Kind::kBroken, "a reply is of a kind that its command never gives: is it a Redis?"};
}

/// Nobody knows the primary yet.
inline ConnectionError sentinelsAreSilent() {
  return {ConnectionError::Kind::kUnreachable, "the sentinels have not said where it is"};
}

/// What a replica says of a write, said of one that was not even asked for it (error_reply.h knows the word).
inline ConnectionError refusedByReplica() {
  return {ConnectionError::Kind::kRejected, "READONLY this server is a replica"};
}

}  // namespace sessiond
