// Questions to somebody who takes nobody, or who never comes to an end: over when their time is. Without that these
// tests would not end.

#include "os/timed_socket.h"

#include <gtest/gtest.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "os/control_socket.h"
#include "os/unix_socket.h"
#include "support/temporary_folder.h"

namespace sessiond {
namespace {

using namespace std::chrono_literals;

SteadyTime in(milliseconds time) {
  return SteadyClock::now() + time;
}

/// A socket that listens in a folder of its own.
class Listening {
 public:
  explicit Listening(int backlog) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(fd_.get(), backlog), 0);
  }

  std::string path() const { return folder_ / "socket"; }
  /// Nobody is waited for any more.
  void shutDown() const { ::shutdown(fd_.get(), SHUT_RDWR); }
  UniqueFd accepted() const { return UniqueFd(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC)); }

 private:
  UniqueFd fd_;
  TemporaryFolder folder_;
};

/// Gives a byte now and then, to whoever asks first, until that one leaves.
class Dripping {
 public:
  explicit Dripping(const Listening& listening)
      : listening_(listening), thread_([&listening] {
          const UniqueFd peer = listening.accepted();
          while (::send(peer.get(), "0", 1, MSG_NOSIGNAL) == 1) std::this_thread::sleep_for(5ms);
        }) {}
  ~Dripping() {
    listening_.shutDown();
    thread_.join();
  }
  Dripping(const Dripping&) = delete;
  Dripping& operator=(const Dripping&) = delete;

 private:
  const Listening& listening_;
  std::thread thread_;
};

TEST(TimedSocket, AFullBacklogIsWaitedForNoLonger) {
  const Listening listening(0);
  std::vector<UniqueFd> waiting;
  constexpr int kMore = 8;
  for (int i = 0; i < kMore; ++i) {
    auto connected = connectUnix(listening.path(), in(1s));
    if (!connected) {
      EXPECT_EQ(connected.error(), ETIMEDOUT);
      EXPECT_GE(i, 1) << "nobody was taken";
      return;
    }
    waiting.push_back(*std::move(connected));
  }
  FAIL() << "the backlog is never full";
}

TEST(TimedSocket, NobodyThereIsSaidAtOnce) {
  const auto connected = connectUnix("/nowhere/socket", in(1h));
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error(), ENOENT);
}

TEST(TimedSocket, WhatDripsIsOverAtItsTime) {
  const Listening listening(1);
  const Dripping dripping(listening);
  const auto connected = connectUnix(listening.path(), in(1h));
  ASSERT_TRUE(connected);
  const SteadyTime deadline = in(100ms);
  std::array<char, 16> buffer{};
  ssize_t count = 0;
  while ((count = receiveBy(connected->get(), buffer, deadline)) > 0) {
  }
  EXPECT_EQ(count, -1);
  EXPECT_EQ(errno, ETIMEDOUT);
}

TEST(TimedSocket, WhatIsNotTakenIsOverAtItsTime) {
  const Listening listening(1);
  const auto connected = connectUnix(listening.path(), in(1h));
  ASSERT_TRUE(connected);
  EXPECT_FALSE(sendBy(connected->get(), std::string(std::size_t{4} * 1024 * 1024, 'x'), in(100ms)));
}

TEST(TimedSocket, ADaemonWhoseAnswerDripsHasNotAnswered) {
  const Listening listening(1);
  const Dripping dripping(listening);
  const auto answer = askDaemon(listening.path(), "status", 1s);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().lines.front(), listening.path() + ": the daemon does not answer");
}

}  // namespace
}  // namespace sessiond
