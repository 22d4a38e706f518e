// How a lane gets its connections, and what it does when there can be no more.

#include <sys/socket.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/log.h"
#include "fastcgi/lane.h"
#include "fastcgi/listener.h"

namespace sessiond {

namespace {

constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr std::chrono::seconds kPauseLogInterval{10};

}  // namespace

bool Lane::watch(int fd, std::uint32_t events, void* tag) const {
  epoll_event event{};
  event.events = events;
  event.data.ptr = tag;
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

Lane::Accepted Lane::acceptOne() {
  if (around_.connections.fetch_add(1, std::memory_order_relaxed) >= around_.options.max_connections) {
    around_.connections.fetch_sub(1, std::memory_order_relaxed);
    pauseAccepting(0);
    return Accepted::kNone;
  }
  UniqueFd socket(::accept4(around_.listener.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  const int error = errno;
  if (!socket) {
    around_.connections.fetch_sub(1, std::memory_order_relaxed);
    if (error == EAGAIN) return Accepted::kNone;
    if (error == EINTR || error == ECONNABORTED) return Accepted::kRetry;
    pauseAccepting(error);
    return Accepted::kNone;
  }
  around_.metrics.accepted.add();
  around_.metrics.open.add(1);
  Lane& lightest = lightestLane();
  if (&lightest == this || !lightest.take(socket)) {
    load_.fetch_add(1, std::memory_order_relaxed);
    adopt(std::move(socket));
  }
  return Accepted::kOne;
}

void Lane::acceptBacklog() {
  if (std::exchange(accepting_, false)) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, around_.listener.fd(), nullptr);
  if (around_.listener.inherited()) return;
  while (acceptOne() != Accepted::kNone) {
  }
}

void Lane::pauseAccepting(int error) {
  resume_accepting_ = around_.clock.steadyNow() + kAcceptPause;
  if (!std::exchange(accepting_, false)) return;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, around_.listener.fd(), nullptr);
  around_.metrics.paused.add();
  if (around_.clock.steadyNow() < next_pause_log_) return;
  next_pause_log_ = around_.clock.steadyNow() + kPauseLogInterval;
  logWarn("fastcgi: new connections have to wait",
          {{"reason", error == 0 ? "max_connections is reached" : std::generic_category().message(error)}});
}

void Lane::resumeAccepting() {
  accepting_ = watch(around_.listener.fd(), EPOLLIN | EPOLLEXCLUSIVE, nullptr);
  if (!accepting_) resume_accepting_ = around_.clock.steadyNow() + kAcceptPause;
}

/// Idle lanes are woken in a fixed order, so without this the first one would get every connection of a quiet hour
/// and all their requests later. A lane that has hardly more than the others keeps what it accepted.
Lane& Lane::lightestLane() {
  constexpr std::size_t kTolerance = 1;
  Lane* lightest = this;
  std::size_t least = load_.load(std::memory_order_relaxed);
  if (phase_ != LanePhase::kServing || least <= kTolerance) return *this;
  least -= kTolerance;
  for (const std::unique_ptr<Lane>& lane : around_.lanes) {
    const std::size_t load = lane->load_.load(std::memory_order_relaxed);
    if (load < least) {
      least = load;
      lightest = lane.get();
    }
  }
  return *lightest;
}

void Lane::adopt(UniqueFd socket) {
  auto* const connection = new Connection(std::move(socket), *this);
  connections_.pushBack(*connection);
  if (!watch(connection->fd.get(), EPOLLIN | EPOLLRDHUP | EPOLLET, connection)) {
    logWarn("fastcgi: cannot watch a connection", {{"error", std::generic_category().message(errno)}});
    drop(*connection);
  } else if (phase_ >= LanePhase::kDraining) {
    look(*connection, false);
  }
}

}  // namespace sessiond
