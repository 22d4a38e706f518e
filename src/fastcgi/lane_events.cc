#include "fastcgi/lane_events.h"

#include <sys/epoll.h>

#include <algorithm>

namespace sessiond {

namespace {

std::uint32_t eventsOf(EventLoop::Interest interest) {
  switch (interest) {
    case EventLoop::Interest::kRead:
      return EPOLLIN;
    case EventLoop::Interest::kWrite:
      return EPOLLOUT;
    case EventLoop::Interest::kBoth:
      break;
  }
  return EPOLLIN | EPOLLOUT;
}

}  // namespace

bool LaneEvents::watch(int fd, Interest interest, Waiter& waiter) {
  epoll_event event{};
  event.events = eventsOf(interest);
  event.data.ptr = &waiter;
  const bool known = std::ranges::any_of(watched_, [fd](const Watched& one) { return one.fd == fd; });
  if (::epoll_ctl(epoll_, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0) return false;
  if (!known) watched_.push_back({fd, &waiter});
  return true;
}

void LaneEvents::unwatch(int fd, Waiter& waiter) {
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
  std::erase_if(watched_, [fd](const Watched& one) { return one.fd == fd; });
  std::erase(noted_, &waiter);
}

void LaneEvents::callAt(SteadyTime moment, Waiter& waiter) {
  std::erase_if(moments_, [&](const Moment& one) { return one.waiter == &waiter; });
  if (moment != SteadyTime::max()) moments_.push_back({&waiter, moment});
}

void LaneEvents::forget(Waiter& waiter) {
  callAt(SteadyTime::max(), waiter);
  std::erase(noted_, &waiter);
}

bool LaneEvents::note(void* tag) {
  const auto watched = std::ranges::find_if(watched_, [tag](const Watched& one) { return one.waiter == tag; });
  if (watched == watched_.end()) return false;
  noted_.push_back(watched->waiter);
  return true;
}

void LaneEvents::run(SteadyTime now) {
  while (!noted_.empty()) {
    Waiter* const waiter = noted_.back();
    noted_.pop_back();
    waiter->onEvent();
  }
  for (;;) {
    const auto due = std::ranges::find_if(moments_, [now](const Moment& one) { return one.at <= now; });
    if (due == moments_.end()) return;
    Waiter* const waiter = due->waiter;
    moments_.erase(due);
    waiter->onTime();
  }
}

SteadyTime LaneEvents::next() const {
  SteadyTime next = SteadyTime::max();
  for (const Moment& one : moments_) next = std::min(next, one.at);
  return next;
}

}  // namespace sessiond
