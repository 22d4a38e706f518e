#include "os/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdint>

#include "base/check.h"

namespace sessiond {
namespace {

sigset_t ourSignals() {
  sigset_t set{};
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&set, number);
  return set;
}

Signal meaningOf(std::uint32_t number) {
  if (number == SIGHUP) return Signal::kReload;
  return number == SIGUSR1 ? Signal::kReopenLogs : Signal::kTerminate;
}

}  // namespace

Signals::Signals() {
  const sigset_t set = ourSignals();
  SESSIOND_CHECK(pthread_sigmask(SIG_BLOCK, &set, &previous_mask_) == 0);
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  SESSIOND_CHECK(sigaction(SIGPIPE, &ignore, &previous_sigpipe_) == 0);
  fd_.reset(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  SESSIOND_CHECK(fd_);
}

Signals::~Signals() {
  sigaction(SIGPIPE, &previous_sigpipe_, nullptr);
  pthread_sigmask(SIG_SETMASK, &previous_mask_, nullptr);
}

std::optional<Signal> Signals::read() {
  signalfd_siginfo info{};
  if (::read(fd_.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return std::nullopt;
  return meaningOf(info.ssi_signo);
}

}  // namespace sessiond
