// DirectoryWatch: looks at the password file now and then, so that who is removed from it loses the sessions although
// nobody logs in. What comes of it and waits for Redis is done by the same thread.

#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include "login/htpasswd_directory.h"

namespace sessiond {

/// With a thread of its own, which calls `afterwards` after each look. `directory` must outlive it.
class DirectoryWatch {
 public:
  DirectoryWatch(HtpasswdDirectory& directory, std::chrono::milliseconds interval, std::function<void()> afterwards);
  ~DirectoryWatch();
  DirectoryWatch(const DirectoryWatch&) = delete;
  DirectoryWatch& operator=(const DirectoryWatch&) = delete;

 private:
  std::jthread thread_;
};

}  // namespace sessiond
