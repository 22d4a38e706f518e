// Against real sockets: a datagram socket in the place of systemd's, and descriptors passed as systemd passes them.

#include "os/systemd.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <initializer_list>
#include <string>

#include "base/parse.h"

namespace sessiond {
namespace {

using testing::ExitedWithCode;
using testing::StartsWith;

/// What systemd would receive; abstract, so that nothing is left behind.
class NotifySocket {
 public:
  NotifySocket() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    const std::string name = "sessiond-test-" + std::to_string(getpid());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, name.data(), name.size());
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), length), 0);
    setenv("NOTIFY_SOCKET", ("@" + name).c_str(), 1);
  }
  ~NotifySocket() { unsetenv("NOTIFY_SOCKET"); }

  /// "" when nothing has come.
  std::string receive() {
    std::array<char, 512> message{};
    const ssize_t length = ::recv(socket_.get(), message.data(), message.size(), 0);
    return length < 0 ? "" : std::string(message.data(), static_cast<std::size_t>(length));
  }

 private:
  UniqueFd socket_;
};

TEST(Notify, SendsTheStatesOfTheServiceInSystemdsWords) {
  NotifySocket systemd;
  notifyReady("serving on 4 lanes");
  EXPECT_EQ(systemd.receive(), "READY=1\nSTATUS=serving on 4 lanes");
  notifyWatchdog();
  EXPECT_EQ(systemd.receive(), "WATCHDOG=1");
  notifyStopping("draining", std::chrono::seconds(15));
  EXPECT_EQ(systemd.receive(), "STOPPING=1\nSTATUS=draining\nEXTEND_TIMEOUT_USEC=15000000");
}

TEST(Notify, SaysWhenAReloadBegan) {
  NotifySocket systemd;
  const auto monotonicMicroseconds = [] {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000L + now.tv_nsec / 1000;
  };
  const long before = monotonicMicroseconds();
  notifyReloading();
  const long after = monotonicMicroseconds();
  const std::string message = systemd.receive();
  const std::string prefix = "RELOADING=1\nMONOTONIC_USEC=";
  ASSERT_THAT(message, StartsWith(prefix));
  const auto sent = parseInteger<long>(message.substr(prefix.size()));
  ASSERT_TRUE(sent.has_value());
  EXPECT_GE(*sent, before);
  EXPECT_LE(*sent, after);
}

TEST(Notify, KeepsAStatusOnOneLine) {
  NotifySocket systemd;
  notifyReady("bad\nWATCHDOG=1");
  EXPECT_EQ(systemd.receive(), "READY=1\nSTATUS=bad WATCHDOG=1");
}

TEST(Notify, DoesNothingWithoutSystemd) {
  unsetenv("NOTIFY_SOCKET");
  notifyReady("serving");
  notifyWatchdog();
}

TEST(Watchdog, TakesItsIntervalFromTheEnvironmentOfThisProcessOnly) {
  unsetenv("WATCHDOG_USEC");
  EXPECT_EQ(watchdogInterval(), std::nullopt);
  setenv("WATCHDOG_USEC", "30000000", 1);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  EXPECT_EQ(watchdogInterval(), std::chrono::seconds(30));
  setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(watchdogInterval(), std::nullopt);
  unsetenv("WATCHDOG_USEC");
  unsetenv("WATCHDOG_PID");
}

/// In a process of its own, for descriptors begin at 3: passes `descriptors` under `names`, takes the listening
/// socket, prints what came of it to stderr, and exits.
[[noreturn]] void takeInChild(std::initializer_list<int> descriptors, const char* names) {
  int next = 100;
  for (const int descriptor : descriptors) dup2(descriptor, next++);
  for (int i = 100; i < next; ++i) dup2(i, i - 97);
  setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
  setenv("LISTEN_FDS", std::to_string(next - 100).c_str(), 1);
  setenv("LISTEN_FDNAMES", names, 1);
  const Expected<UniqueFd, std::string> taken = takeListeningSocket();
  if (!taken) {
    std::fprintf(stderr, "<%s>", taken.error().c_str());
  } else {
    std::fprintf(stderr, "<descriptor %d, environment %s>", taken->get(), getenv("LISTEN_FDS") ? "kept" : "cleared");
  }
  std::_Exit(0);
}

class PassedSocket : public testing::Test {
 protected:
  PassedSocket() : listening_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;  // an address of the kernel's own choice
    EXPECT_EQ(::bind(listening_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(sa_family_t)), 0);
    EXPECT_EQ(::listen(listening_.get(), 1), 0);
  }

  UniqueFd listening_;
};

TEST_F(PassedSocket, IsTakenAndHiddenFromChildren) {
  EXPECT_EXIT(takeInChild({listening_.get()}, "fastcgi"), ExitedWithCode(0), "<descriptor 3, environment cleared>");
}

TEST_F(PassedSocket, IsAbsentWhenNothingIsPassed) {
  const Expected<UniqueFd, std::string> taken = takeListeningSocket();
  ASSERT_TRUE(taken.hasValue());
  EXPECT_FALSE(taken.value());
}

TEST_F(PassedSocket, MustHaveTheNameOfTheShippedUnit) {
  EXPECT_EXIT(takeInChild({listening_.get()}, "other.socket"), ExitedWithCode(0),
              "<systemd: the passed socket is named \"other.socket\" but FileDescriptorName=fastcgi is expected>");
}

TEST_F(PassedSocket, MustBeTheOnlyOne) {
  EXPECT_EXIT(takeInChild({listening_.get(), listening_.get()}, "fastcgi:fastcgi"), ExitedWithCode(0),
              "<systemd: passed 2 sockets but 1 is expected>");
}

TEST_F(PassedSocket, MustListen) {
  const UniqueFd silent(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EXIT(takeInChild({silent.get()}, "fastcgi"), ExitedWithCode(0),
              "<systemd: the passed descriptor is no listening stream socket \\(ListenStream= is expected\\)>");
}

TEST_F(PassedSocket, MustBeNoFile) {
  const UniqueFd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_EXIT(takeInChild({file.get()}, "fastcgi"), ExitedWithCode(0),
              "<systemd: the passed descriptor is no listening stream socket \\(ListenStream= is expected\\)>");
}

}  // namespace
}  // namespace sessiond
