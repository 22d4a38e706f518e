#include "os/signals.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <thread>

namespace sessiond {
namespace {

bool isBlocked(int number) {
  sigset_t mask{};
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  return sigismember(&mask, number) == 1;
}

bool isReadable(int fd) {
  pollfd readable{.fd = fd, .events = POLLIN, .revents = 0};
  return poll(&readable, 1, 0) == 1;
}

TEST(Signals, SayWhatEachSignalMeans) {
  Signals signals;
  raise(SIGTERM);
  EXPECT_EQ(signals.read(), Signal::kTerminate);
  raise(SIGINT);
  EXPECT_EQ(signals.read(), Signal::kTerminate);
  raise(SIGHUP);
  EXPECT_EQ(signals.read(), Signal::kReload);
  raise(SIGUSR1);
  EXPECT_EQ(signals.read(), Signal::kReopenLogs);
}

TEST(Signals, HaveNothingToSayWhenNoneIsPending) {
  Signals signals;
  EXPECT_EQ(signals.read(), std::nullopt);
  EXPECT_FALSE(isReadable(signals.fd()));
}

TEST(Signals, MakeTheDescriptorReadableUntilTheyAreRead) {
  Signals signals;
  raise(SIGHUP);
  EXPECT_TRUE(isReadable(signals.fd()));
  EXPECT_EQ(signals.read(), Signal::kReload);
  EXPECT_FALSE(isReadable(signals.fd()));
}

TEST(Signals, SentToAThreadThatStartedLaterAreReadByTheOwner) {
  Signals signals;
  std::jthread([] { kill(getpid(), SIGTERM); }).join();
  EXPECT_EQ(signals.read(), Signal::kTerminate);
}

TEST(Signals, PutBackWhatWasInForceBefore) {
  ASSERT_FALSE(isBlocked(SIGTERM));
  {
    const Signals signals;
    EXPECT_TRUE(isBlocked(SIGTERM));
    EXPECT_TRUE(isBlocked(SIGINT));
    EXPECT_TRUE(isBlocked(SIGHUP));
    EXPECT_TRUE(isBlocked(SIGUSR1));
  }
  EXPECT_FALSE(isBlocked(SIGTERM));
  EXPECT_FALSE(isBlocked(SIGUSR1));
}

TEST(Signals, WritingToNobodyIsAnErrorAndNoSignal) {
  const Signals signals;
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const UniqueFd writing(ends[1]);
  UniqueFd(ends[0]).reset();
  EXPECT_EQ(write(writing.get(), "x", 1), -1);
  EXPECT_EQ(errno, EPIPE);
}

}  // namespace
}  // namespace sessiond
