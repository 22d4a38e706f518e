// What tests of threads hold up, and wait for.

#pragma once

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <iterator>
#include <latch>
#include <string>
#include <thread>

#include "integration/fastcgi/test_server.h"

namespace sessiond {

/// Opens at the latest when the test ends, so that a failure never hangs.
class Latch {
 public:
  ~Latch() { open(); }
  void open() {
    if (!open_.exchange(true)) latch_.count_down();
  }
  void wait() { latch_.wait(); }

 private:
  std::latch latch_{1};
  std::atomic<bool> open_ = false;
};

inline TestRequest routed(const std::string& route) {
  return {.params = {{"R", route}}};
}

/// What a lane has been sent before it has received when the round is over. Two that ask one after the other, over
/// connections that it knows already, are not answered in one round. Of a server with one lane.
class Rounds {
 public:
  explicit Rounds(TestServer& server) : first_(server.connect()), second_(server.connect()) { pass(); }
  void pass() {
    EXPECT_TRUE(first_.ask(routed("")));
    EXPECT_TRUE(second_.ask(routed("")));
  }
  /// A lane that begins to stop looks at its connections in the order in which they came, and closes the idle ones.
  bool ended() { return first_.ended() && second_.ended(); }

 private:
  FastcgiClient first_;
  FastcgiClient second_;
};

/// A server stops, on a thread of its own, and its lanes have been told so.
class Stopping {
 public:
  static constexpr std::chrono::seconds kPatience{60};

  explicit Stopping(Server& server)
      : thread_([this, &server] {
          thread_id_ = ::gettid();
          EXPECT_TRUE(server.drain(kPatience));
          thread_id_ = kOver;
        }) {
    EXPECT_TRUE(soon([this] { return thread_id_ == kOver || waits(); }));
  }

 private:
  static constexpr pid_t kOver = -1;

  /// Whoever drains has nothing to wait for until the lanes have been told.
  bool waits() const {
    std::ifstream file("/proc/self/task/" + std::to_string(thread_id_) + "/stat");
    const std::string line{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    return thread_id_ > 0 && line.find(") S ") != std::string::npos;
  }

  std::atomic<pid_t> thread_id_ = 0;
  std::jthread thread_;
};

}  // namespace sessiond
