#include "login/directory_watch.h"

#include "base/named_thread.h"

namespace sessiond {

DirectoryWatch::DirectoryWatch(HtpasswdDirectory& directory, std::chrono::milliseconds interval)
    : thread_(startThread("htpasswd", [this, &directory, interval](const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (!stop.stop_requested()) {
          directory.refresh();
          stopped_.wait_for(lock, stop, interval, [] { return false; });
        }
      })) {}

DirectoryWatch::~DirectoryWatch() {
  thread_.request_stop();
  thread_.join();
}

}  // namespace sessiond
