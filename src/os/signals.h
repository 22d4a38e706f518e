// Signals as values that the main thread reads, instead of handlers that interrupt whatever runs.
//
// SIGTERM and SIGINT drain and stop, SIGHUP reloads the configuration, SIGUSR1 opens the log file anew. SIGPIPE is
// ignored: a peer that has gone is an error of write().

#pragma once

#include <csignal>
#include <optional>

#include "base/unique_fd.h"

namespace sessiond {

enum class Signal { kTerminate, kReload, kReopenLogs };

/// Blocks the signals in the thread that makes it and in all threads that one starts later; so make it first. What
/// was in force before comes back at the end. Owned and used by the main thread.
class Signals {
 public:
  Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals();

  /// The next pending signal, without waiting. Equal signals that come close together may be one.
  std::optional<Signal> read();
  /// Readable while a signal is pending; for a caller that waits for more than signals.
  int fd() const { return fd_.get(); }

 private:
  sigset_t previous_mask_{};
  struct sigaction previous_sigpipe_ = {};
  UniqueFd fd_;
};

}  // namespace sessiond
