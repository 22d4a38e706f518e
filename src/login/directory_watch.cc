#include "login/directory_watch.h"

#include "base/named_thread.h"

namespace sessiond {

DirectoryWatch::DirectoryWatch(HtpasswdDirectory& directory, std::chrono::milliseconds interval)
    : thread_(startThread("htpasswd", [&directory, interval](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
          directory.refresh();
          sleepFor(interval, stop);
        }
      })) {}

DirectoryWatch::~DirectoryWatch() {
  thread_.request_stop();
  thread_.join();
}

}  // namespace sessiond
