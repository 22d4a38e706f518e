// DirectoryWatch: looks at the password file now and then, so that who is removed from it loses the sessions although
// nobody logs in.

#pragma once

#include <chrono>
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
  std::jthread thread_;
};

}  // namespace sessiond
