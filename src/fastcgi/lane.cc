#include "fastcgi/lane.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include "base/errno_text.h"
#include "os/short_turns.h"

namespace sessiond {

namespace {

constexpr std::size_t kEventsPerRound = 256;
/// In milliseconds. An idle lane, too, is to notice that the handler has been replaced.
constexpr int kLongestWait = 1000;

std::string callFailed(const std::string& call) {
  return "fastcgi: " + call + ": " + errnoText(errno);
}

}  // namespace

Expected<std::unique_ptr<Lane>, std::string> Lane::create(LaneSurroundings& surroundings) {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return Unexpected(callFailed("epoll_create1"));
  UniqueFd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return Unexpected(callFailed("eventfd"));
  std::unique_ptr<Lane> lane(new Lane(surroundings, std::move(epoll), std::move(wake)));
  epoll_event woken{};
  woken.events = EPOLLIN | EPOLLET;
  woken.data.ptr = lane.get();
  if (::epoll_ctl(lane->epoll_.get(), EPOLL_CTL_ADD, lane->wake_.get(), &woken) != 0 || !lane->acceptor_.resume()) {
    return Unexpected(callFailed("epoll_ctl"));
  }
  lane->loads_.current();  // later there may be no memory for it
  return lane;
}

Lane::Lane(LaneSurroundings& surroundings, UniqueFd epoll, UniqueFd wake)
    : around_(surroundings),
      epoll_(std::move(epoll)),
      wake_(std::move(wake)),
      events_(epoll_.get()),
      loads_(surroundings, events_, [this](ActiveRequestPtr request) { connections_.finish(std::move(request)); }),
      requests_(surroundings, loads_),
      connections_(surroundings, *this, epoll_.get(), requests_),
      acceptor_(surroundings, *this, epoll_.get()) {}

Lane::~Lane() = default;

// --- other threads ---------------------------------------------------------------------------------------------

void Lane::wake() {
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the lane is woken anyway.
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
}

void Lane::enter(LanePhase phase) {
  phase_wanted_.store(phase, std::memory_order_release);
  wake();
}

void Lane::giveBack(Connection& connection) {
  mailbox_.lock()->returned.push_back(&connection);
  wake();
}

bool Lane::take(UniqueFd& socket) {
  {
    auto mailbox = mailbox_.lock();
    if (mailbox->closed) return false;
    mailbox->accepted.push_back(std::move(socket));
    connections_.expect();
  }
  wake();
  return true;
}

bool Lane::alive() {
  const std::uint32_t turns = turns_.load(std::memory_order_relaxed);
  const bool waiting = turns % 2 == 0;
  return waiting || turns != std::exchange(turns_seen_, turns);
}

// --- the loop --------------------------------------------------------------------------------------------------

void Lane::run() {
  std::array<epoll_event, kEventsPerRound> events;
  keepPace(0, around_.clock.steadyNow());
  while (phase_ < LanePhase::kDraining || !connections_.empty()) {
    const int patience = loads_.gathering() || requests_.waiting() ? 0 : waitMilliseconds();
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), patience);
    countTurn();
    for (int i = 0; i < count; ++i) dispatch(events[static_cast<std::size_t>(i)]);
    // What may destroy connections other than the one an event is for comes after the round's events.
    if (std::exchange(mail_, false)) emptyMailbox();
    const SteadyTime now = around_.clock.steadyNow();
    keepPace(static_cast<std::size_t>(std::max(count, 0)), now);
    events_.run(now);
    connections_.beginWaiting();
    connections_.limitPartials();
    connections_.expire(now);
    if (acceptor_.takeCrowded() && phase_ == LanePhase::kServing && connections_.makeRoom(now)) acceptor_.resume();
    acceptor_.resumeIfDue(now);
    const LanePhase wanted = phase_wanted_.load(std::memory_order_acquire);
    if (wanted != phase_) advanceTo(wanted);
    loads_.endTurn(count > 0, phase_ == LanePhase::kServing);
    countTurn();
  }
  loads_.end();
}

void Lane::countTurn() {
  turns_.store(turns_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void Lane::keepPace(std::size_t events, SteadyTime now) {
  if (!pace_.note(events, now)) return;
  if (pace_.shortTurns()) {
    takeShortTurns();
  } else {
    takeUsualTurns();
  }
}

int Lane::waitMilliseconds() const {
  const SteadyTime next = std::min({connections_.nextDeadline(), acceptor_.nextDeadline(), events_.next()});
  if (next == SteadyTime::max()) return kLongestWait;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - around_.clock.steadyNow());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, kLongestWait));
}

void Lane::dispatch(const epoll_event& event) {
  if (event.data.ptr == nullptr) {
    acceptor_.accept();
  } else if (event.data.ptr == this) {
    mail_ = true;
  } else if (!events_.note(event.data.ptr)) {
    connections_.handle(*static_cast<Connection*>(event.data.ptr), event.events);
  }
}

void Lane::adopt(UniqueFd socket) {
  connections_.expect();
  connections_.adopt(std::move(socket));
}

void Lane::emptyMailbox() {
  loads_.noticeHandler();  // an old one is let go of, also by a lane that nobody asks anything
  // The eventfd is never read: watched edge-triggered, every write to it raises an event.
  std::vector<UniqueFd> accepted;
  std::vector<Connection*> returned;
  {
    auto mailbox = mailbox_.lock();
    accepted.swap(mailbox->accepted);
    returned.swap(mailbox->returned);
  }
  for (UniqueFd& socket : accepted) connections_.adopt(std::move(socket));
  for (Connection* connection : returned) connections_.takeBack(*connection);
}

void Lane::advanceTo(LanePhase phase) {
  if (phase_ == LanePhase::kServing) acceptor_.finish();
  phase_ = phase;
  mailbox_.lock()->closed = true;
  connections_.enter(phase);
  emptyMailbox();
}

}  // namespace sessiond
