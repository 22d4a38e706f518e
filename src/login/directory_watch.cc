#include "login/directory_watch.h"

#include <utility>

#include "base/named_thread.h"

namespace sessiond {

DirectoryWatch::DirectoryWatch(HtpasswdDirectory& directory, std::chrono::milliseconds interval,
                               std::function<void()> afterwards)
    : thread_(startThread("htpasswd",
                          [&directory, interval, afterwards = std::move(afterwards)](const std::stop_token& stop) {
                            while (!stop.stop_requested()) {
                              directory.refresh();
                              afterwards();
                              sleepFor(interval, stop);
                            }
                          })) {}

DirectoryWatch::~DirectoryWatch() {
  thread_.request_stop();
  thread_.join();
}

}  // namespace sessiond
