// Link: what carries bytes between a RedisConnection and its server: a socket as it is (plain_link.h), or TLS upon it
// (tls_link.h).
//
// It never waits, save in a read that is asked to. What cannot go on says which way the socket has to be ready first:
// with TLS a read may have to write, and what the socket held may have been taken from it already (holdsMore()), so
// that whoever waits for the socket asks first.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/unique_fd.h"

namespace sessiond {

/// Not thread-safe. Owns the socket. Raises no SIGPIPE.
class Link {
 public:
  enum class State : std::uint8_t {
    kDone,        ///< of a read or a write: some bytes
    kWantsRead,   ///< again when the socket can be read
    kWantsWrite,  ///< again when it can be written
    kTimeout,     ///< of a read that waits: nothing came
    kClosed,      ///< by the server; problem() has the words
    kRefused,     ///< one of the two sides does not trust or understand the other; problem() says why
  };
  enum class Patience : std::uint8_t {
    kNone,
    kSocket,  ///< as long as the socket itself waits: its SO_RCVTIMEO
  };
  struct Progress {
    State state = State::kDone;
    std::size_t bytes = 0;  ///< 0 unless kDone
  };

  virtual ~Link() = default;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// To be called until it is kDone, before anything else.
  virtual State handshake() = 0;
  virtual Progress read(std::span<char> into, Patience patience) = 0;
  /// As much as there is room for. What was not written has to be offered again as it is.
  virtual Progress write(std::string_view bytes) = 0;
  /// May a read give something although the socket has nothing?
  virtual bool holdsMore() const = 0;

  int fd() const { return socket_.get(); }
  /// After kClosed or kRefused: a sentence for the log.
  const std::string& problem() const { return problem_; }

 protected:
  explicit Link(UniqueFd socket) : socket_(std::move(socket)) {}
  Progress fail(State state, std::string problem) {
    problem_ = std::move(problem);
    return {state};
  }

 private:
  UniqueFd socket_;
  std::string problem_;
};

}  // namespace sessiond
