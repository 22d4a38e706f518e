#include "fastcgi/named_thread.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <utility>

#include "base/check.h"
#include "base/errno_text.h"
#include "base/log.h"

namespace sessiond {

namespace {

/// Blocks what can be blocked sensibly, for the threads started in this scope. A fault's own signals stay, so that a
/// crash is a crash.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t signals;
    sigfillset(&signals);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) sigdelset(&signals, fault);
    pthread_sigmask(SIG_SETMASK, &signals, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

std::jthread startThread(const std::string& name, std::function<void()> body) {
  const SignalsBlocked blocked;
  return std::jthread([name, run = std::move(body)] {
    SESSIOND_CHECK(pthread_setname_np(pthread_self(), name.c_str()) == 0);
    run();
  });
}

void yieldToOtherThreads() {
  // A tenth of what another thread gets. With 19, a fiftieth, a login on a busy machine outlasts listen.drain_timeout.
  constexpr int kNice = 10;
  if (::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice) == 0) return;
  static std::atomic<bool> said = false;
  if (said.exchange(true)) return;
  logWarn("fastcgi: threads for passwords cannot be given a lower priority, so many logins slow down everything else",
          {{"error", errnoText(errno)}});
}

}  // namespace sessiond
