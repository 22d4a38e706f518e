#include "base/named_thread.h"

#include <pthread.h>

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <utility>

#include "base/check.h"

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
  return startThread(name, [run = std::move(body)](const std::stop_token&) { run(); });
}

std::jthread startThread(const std::string& name, std::function<void(const std::stop_token&)> body) {
  const SignalsBlocked blocked;
  return std::jthread([name, run = std::move(body)](const std::stop_token& stop) {
    SESSIOND_CHECK(pthread_setname_np(pthread_self(), name.c_str()) == 0);
    run(stop);
  });
}

void sleepFor(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable stopped;
  const std::stop_callback wake(stop, [&] {
    const std::lock_guard lock(mutex);
    stopped.notify_one();
  });
  std::unique_lock lock(mutex);
  stopped.wait_for(lock, time, [&stop] { return stop.stop_requested(); });
}

}  // namespace sessiond
