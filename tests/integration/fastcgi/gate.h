// What tests of threads hold up, and wait for.

#pragma once

#include <atomic>
#include <latch>
#include <string>

#include "integration/fastcgi/test_server.h"

namespace sessiond {

/// Opens at the latest when the test ends, so that a failure never hangs.
class Gate {
 public:
  ~Gate() { open(); }
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

/// What a lane receives is in its queue when the round is over. Two that ask one after the other, over connections that
/// it knows already, are not answered in one round. Of a server with one lane.
class Rounds {
 public:
  explicit Rounds(TestServer& server) : first_(server.connect()), second_(server.connect()) { pass(); }
  void pass() {
    EXPECT_TRUE(first_.ask(routed("")));
    EXPECT_TRUE(second_.ask(routed("")));
  }

 private:
  FastcgiClient first_;
  FastcgiClient second_;
};

}  // namespace sessiond
