#include "login/directory_watch.h"

#include <utility>

#include "base/named_thread.h"

namespace sessiond {

DirectoryWatch::DirectoryWatch(HtpasswdDirectory& directory, std::chrono::milliseconds interval,
                               std::function<void()> afterwards)
    : thread_(startThread(
          "htpasswd", [this, &directory, interval, afterwards = std::move(afterwards)](const std::stop_token& stop) {
            begun_.wait(false);
            while (!stop.stop_requested()) {
              directory.refresh();
              afterwards();
              sleepFor(interval, stop);
            }
          })) {}

DirectoryWatch::~DirectoryWatch() {
  thread_.request_stop();
  begin();
  thread_.join();
}

void DirectoryWatch::begin() noexcept {
  begun_ = true;
  begun_.notify_one();
}

}  // namespace sessiond
