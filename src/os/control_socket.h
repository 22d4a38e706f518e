// ControlSocket: where root asks the running daemon for something, such as a reload, and is told what became of it.
//
// A question is one line; the answer is an exit code of sysexits.h and lines for people, and then the daemon closes.
//
//   > reload /etc/sessiond/sessiond.yaml
//   < 78
//   < /etc/sessiond/sessiond.yaml:3:17: session.idle_timeout: must be between 1s and 3650d but is 0s
//
// The socket has mode 0600, and whoever connects must be root or the daemon's own user all the same: a folder that
// somebody has opened must not open the daemon.

#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "os/unix_socket.h"

namespace sessiond {

/// The options of `sessiond`.
struct ControlSettings {
  /// Empty: none. The unit makes the folder.
  std::string control_socket = "/run/sessiond/control/sessiond.sock";
};

struct ControlAnswer {
  int exit_code = 0;  ///< 0: done
  std::vector<std::string> lines;
};

/// Owned and used by the main thread.
class ControlSocket {
 public:
  /// The error is a message without the path.
  static Expected<ControlSocket, std::string> open(const std::string& path);
  static UnixSocketSettings settingsFor(const std::string& path) {
    return {.path = path, .mode = 0600, .group = {}, .backlog = 16};
  }

  /// Readable when somebody asks.
  int fd() const { return socket_.fd(); }
  /// Answers one who asks, if there is one. Waits for a question no longer than a moment.
  void serve(const std::function<ControlAnswer(std::string_view question)>& answer);

 private:
  explicit ControlSocket(UnixSocket socket) : socket_(std::move(socket)) {}

  UnixSocket socket_;
};

/// Asks the daemon behind the socket and waits for its answer no longer than that, all in all. The error is the exit
/// code and a line: 69 nobody is there, 77 not allowed to, 76 no answer.
Expected<ControlAnswer, ControlAnswer> askDaemon(const std::string& path, std::string_view question,
                                                 std::chrono::milliseconds patience = std::chrono::minutes(1));

}  // namespace sessiond
