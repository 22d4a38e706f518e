// DirectoryWatch: looks at the password file now and then, so that who is removed from it loses the sessions although
// nobody logs in.

#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "login/htpasswd_directory.h"

namespace sessiond {

/// With a thread of its own. `directory` must outlive it.
class DirectoryWatch {
 public:
  DirectoryWatch(HtpasswdDirectory& directory, std::chrono::milliseconds interval);
  ~DirectoryWatch();
  DirectoryWatch(const DirectoryWatch&) = delete;
  DirectoryWatch& operator=(const DirectoryWatch&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace sessiond
