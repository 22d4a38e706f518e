// ByteRelay: a unix socket that passes bytes on to another one and back, until it is told to swallow them: a network
// that loses what is sent without saying so.

#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "support/temporary_folder.h"

namespace sessiond {

/// Thread-safe. Its thread ends, and its connections close, when it is destroyed.
class ByteRelay {
 public:
  explicit ByteRelay(std::string target_path);
  ~ByteRelay();
  ByteRelay(const ByteRelay&) = delete;
  ByteRelay& operator=(const ByteRelay&) = delete;

  /// "unix:///tmp/.../relay.sock"
  std::string url() const;
  /// What is swallowed is lost for good; connections stay open.
  void swallow(bool on) { swallowing_ = on; }

 private:
  void run(const std::stop_token& stop);

  const std::string target_path_;
  TemporaryFolder folder_;
  int listener_ = -1;
  std::atomic<bool> swallowing_ = false;
  std::jthread thread_;
};

}  // namespace sessiond
