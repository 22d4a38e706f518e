// DirectoryWatch: looks at the password file now and then, so that who is removed from it loses the sessions although
// nobody logs in. What comes of it and waits for Redis is done by the same thread.
//
// It is made before it is known whether the configuration that names the file comes into force: until then nothing may
// come of it.

#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "login/htpasswd_directory.h"

namespace sessiond {

/// With a thread of its own, which calls `afterwards` after each look; there is none before begin(). `directory` must
/// outlive it.
class DirectoryWatch {
 public:
  DirectoryWatch(HtpasswdDirectory& directory, std::chrono::milliseconds interval, std::function<void()> afterwards);
  ~DirectoryWatch();
  DirectoryWatch(const DirectoryWatch&) = delete;
  DirectoryWatch& operator=(const DirectoryWatch&) = delete;

  void begin() noexcept;

 private:
  std::atomic<bool> begun_ = false;
  std::jthread thread_;  // last: it uses the above
};

}  // namespace sessiond
