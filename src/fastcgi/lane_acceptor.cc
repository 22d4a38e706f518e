#include "fastcgi/lane_acceptor.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include "base/errno_text.h"
#include "base/log.h"
#include "base/unique_fd.h"
#include "fastcgi/lane.h"
#include "fastcgi/listener.h"

namespace sessiond {

namespace {

constexpr std::chrono::milliseconds kPause{100};
constexpr std::chrono::seconds kPauseLogInterval{10};

}  // namespace

LaneAcceptor::LaneAcceptor(LaneSurroundings& surroundings, Lane& lane, int epoll)
    : around_(surroundings), lane_(lane), epoll_(epoll) {}

bool LaneAcceptor::resume() {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLEXCLUSIVE;
  accepting_ = ::epoll_ctl(epoll_, EPOLL_CTL_ADD, around_.listener.fd(), &event) == 0;
  if (!accepting_) resume_at_ = around_.clock.steadyNow() + kPause;
  return accepting_;
}

void LaneAcceptor::resumeIfDue(SteadyTime now) {
  if (nextDeadline() <= now) resume();
}

SteadyTime LaneAcceptor::nextDeadline() const {
  return accepting_ || finished_ ? SteadyTime::max() : resume_at_;
}

void LaneAcceptor::finish() {
  finished_ = true;
  if (std::exchange(accepting_, false)) ::epoll_ctl(epoll_, EPOLL_CTL_DEL, around_.listener.fd(), nullptr);
  if (around_.listener.inherited()) return;
  while (acceptOne()) {
  }
}

bool LaneAcceptor::acceptOne() {
  if (around_.connections.fetch_add(1, std::memory_order_relaxed) >= around_.settings.max_connections) {
    around_.connections.fetch_sub(1, std::memory_order_relaxed);
    crowded_ = true;
    pause(0);
    return false;
  }
  UniqueFd socket(::accept4(around_.listener.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  const int error = errno;
  if (!socket) {
    around_.connections.fetch_sub(1, std::memory_order_relaxed);
    if (error == EAGAIN) return false;
    if (error == EINTR || error == ECONNABORTED) return true;
    pause(error);
    return false;
  }
  around_.metrics.accepted.add();
  around_.metrics.open.add(1);
  Lane& lightest = lightestLane();
  if (&lightest == &lane_ || !lightest.take(socket)) lane_.adopt(std::move(socket));
  return true;
}

void LaneAcceptor::pause(int error) {
  resume_at_ = around_.clock.steadyNow() + kPause;
  if (!std::exchange(accepting_, false)) return;
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, around_.listener.fd(), nullptr);
  around_.metrics.paused.add();
  if (around_.clock.steadyNow() < next_pause_log_) return;
  next_pause_log_ = around_.clock.steadyNow() + kPauseLogInterval;
  logWarn("fastcgi: new connections have to wait",
          {{"reason", error == 0 ? "max_connections is reached" : errnoText(error)}});
}

/// Idle lanes are woken in a fixed order, so without this the first one would get every connection of a quiet hour
/// and all their requests later. A lane that has hardly more than the others keeps what it accepted.
Lane& LaneAcceptor::lightestLane() {
  constexpr std::size_t kTolerance = 1;
  Lane* lightest = &lane_;
  std::size_t least = lane_.connections();
  if (least <= kTolerance) return lane_;
  least -= kTolerance;
  for (const std::unique_ptr<Lane>& lane : around_.lanes) {
    const std::size_t count = lane->connections();
    if (count < least) {
      least = count;
      lightest = lane.get();
    }
  }
  return *lightest;
}

}  // namespace sessiond
