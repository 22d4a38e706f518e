// Listener: the socket that nginx connects to; ours from the beginning, because libfcgi's own opening of a socket
// unlinks whatever is there and ends the process on errors.
//
// The descriptor is non-blocking and closed on exec.

#pragma once

#include <optional>
#include <string>

#include "base/expected.h"
#include "base/unique_fd.h"
#include "fastcgi/listen_settings.h"
#include "os/unix_socket.h"

namespace sessiond {

/// Movable; not thread-safe. Removes the unix socket it has made when it goes, unless somebody has put another there.
class Listener {
 public:
  /// Opens settings.socket. A unix socket gets mode and group before anybody can connect, and takes the place of one
  /// whose process is gone; a socket that still answers, or any other file, is never touched. The error is a message
  /// for the log: "listen: /run/x.sock: another process is listening there".
  static Expected<Listener, std::string> open(const SocketSettings& settings);
  /// Takes over a listening stream socket from systemd. It stays with systemd, and so do the connections that wait
  /// in its backlog when this process stops.
  static Expected<Listener, std::string> adopt(UniqueFd inherited);

  /// What open() would refuse for good, without leaving anything behind; that somebody listens there now is no mistake.
  static std::optional<std::string> whyImpossible(const SocketSettings& settings);

  int fd() const { return unix_ ? unix_->fd() : fd_.get(); }
  /// Is the socket from systemd, so that a next process goes on accepting?
  bool inherited() const { return inherited_; }
  /// Nobody finds the way here any more; who is already connected or waits in the backlog stays.
  void removePath();

 private:
  explicit Listener(UnixSocket socket) : unix_(std::move(socket)) {}
  Listener(UniqueFd fd, bool inherited) : fd_(std::move(fd)), inherited_(inherited) {}
  static Expected<Listener, std::string> openUnix(const SocketSettings& settings);
  static Expected<Listener, std::string> openTcp(const SocketSettings& settings);

  std::optional<UnixSocket> unix_;  // made here
  UniqueFd fd_;                     // any other
  bool inherited_ = false;
};

}  // namespace sessiond
