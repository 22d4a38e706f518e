#include "fastcgi/lane.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "fastcgi/records.h"
#include "fastcgi/refusal.h"

namespace sessiond {

namespace {

constexpr std::size_t kEventsPerRound = 256;
/// In milliseconds. An idle lane, too, is to notice that the handler has been replaced.
constexpr int kLongestWait = 1000;
/// How long a refused peer may take to notice, and how much it may still send.
constexpr std::chrono::milliseconds kLingerTime{1000};
constexpr std::size_t kLingerBytes = 1024 * 1024;
/// Of the requests of one lane that are not whole yet, all together. nginx sends a request in one piece, so this is
/// room for whoever else may open the socket.
constexpr std::size_t kMaxPartialBytes = 16 * 1024 * 1024;
constexpr std::uint32_t kPeerFinished = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

std::string systemError(const std::string& call) {
  return "fastcgi: " + call + ": " + std::generic_category().message(errno);
}

}  // namespace

Expected<std::unique_ptr<Lane>, std::string> Lane::create(LaneSurroundings& surroundings) {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return Unexpected(systemError("epoll_create1"));
  UniqueFd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return Unexpected(systemError("eventfd"));
  std::unique_ptr<Lane> lane(new Lane(surroundings, std::move(epoll), std::move(wake)));
  if (!lane->watch(lane->wake_.get(), EPOLLIN | EPOLLET, lane.get())) {
    return Unexpected(systemError("epoll_ctl"));
  }
  lane->resumeAccepting();
  if (!lane->accepting_) return Unexpected(systemError("epoll_ctl"));
  lane->currentLoading();  // later there may be no memory for it
  return lane;
}

Lane::Lane(LaneSurroundings& surroundings, UniqueFd epoll, UniqueFd wake)
    : around_(surroundings),
      epoll_(std::move(epoll)),
      wake_(std::move(wake)),
      handler_(surroundings.handlers),
      received_(kMaxRequestBytes + 1),
      current_(std::make_unique<ActiveRequest>()),
      events_(epoll_.get()) {}

Lane::~Lane() {
  SESSIOND_CHECK(connections_.empty());
}

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
    load_.fetch_add(1, std::memory_order_relaxed);
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
  while (phase_ < LanePhase::kDraining || !connections_.empty()) {
    const int patience = gathering() ? 0 : waitMilliseconds();
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), patience);
    countTurn();
    for (int i = 0; i < count; ++i) dispatch(events[static_cast<std::size_t>(i)]);
    // What may destroy connections other than the one an event is for comes after the round's events.
    if (std::exchange(mail_, false)) emptyMailbox();
    events_.run(around_.clock.steadyNow());
    limitPartials();
    expireDeadlines();
    const LanePhase wanted = phase_wanted_.load(std::memory_order_acquire);
    if (wanted != phase_) advanceTo(wanted);
    flushLoads(count > 0);
    if (std::exchange(used_, false)) loadings_.back()->loader->noteUse();
    endOldLoadings();
    countTurn();
  }
  loadings_.clear();
}

void Lane::countTurn() {
  turns_.store(turns_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

int Lane::waitMilliseconds() const {
  SteadyTime next = SteadyTime::max();
  if (!incomplete_.empty()) next = incomplete_.front()->deadline;
  if (!lingering_.empty()) next = std::min(next, lingering_.front()->deadline);
  if (!accepting_ && phase_ == LanePhase::kServing) next = std::min(next, resume_accepting_);
  next = std::min(next, events_.next());
  if (next == SteadyTime::max()) return kLongestWait;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - around_.clock.steadyNow());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, kLongestWait));
}

void Lane::dispatch(const epoll_event& event) {
  if (event.data.ptr == nullptr) {
    acceptOne();
  } else if (event.data.ptr == this) {
    mail_ = true;
  } else if (!events_.note(event.data.ptr)) {
    handleConnectionEvent(*static_cast<Connection*>(event.data.ptr), event.events);
  }
}

void Lane::handleConnectionEvent(Connection& connection, std::uint32_t events) {
  Owner owner = Owner::kLent;
  if (connection.owner.load(std::memory_order_acquire) != Owner::kLane) {
    // Lent: whoever has it will see the mark and send it back for another look. If that was just done without the
    // mark, the connection is ours again.
    if (connection.owner.compare_exchange_strong(owner, Owner::kLentAndEvent, std::memory_order_acq_rel)) return;
    if (owner != Owner::kLane) return;
  }
  look(connection, (events & kPeerFinished) != 0);
}

void Lane::emptyMailbox() {
  handler_.current();  // an old one is let go of, also by a lane that nobody asks anything
  // The eventfd is never read: watched edge-triggered, every write to it raises an event.
  std::vector<UniqueFd> accepted;
  std::vector<Connection*> returned;
  {
    auto mailbox = mailbox_.lock();
    accepted.swap(mailbox->accepted);
    returned.swap(mailbox->returned);
  }
  for (UniqueFd& socket : accepted) adopt(std::move(socket));
  for (Connection* connection : returned) {
    connection->owner.store(Owner::kLane, std::memory_order_relaxed);
    if (phase_ == LanePhase::kEnding) {
      drop(*connection);
    } else {
      look(*connection, peerHasFinished(*connection));
    }
  }
}

void Lane::expireDeadlines() {
  const bool paused = !accepting_ && phase_ == LanePhase::kServing;
  if (incomplete_.empty() && lingering_.empty() && !paused) return;
  const SteadyTime now = around_.clock.steadyNow();
  while (!incomplete_.empty() && incomplete_.front()->deadline <= now) {
    around_.metrics.timed_out.add();
    drop(*incomplete_.front());
  }
  while (!lingering_.empty() && lingering_.front()->deadline <= now) drop(*lingering_.front());
  if (paused && resume_accepting_ <= now) resumeAccepting();
}

/// The oldest go: they are the least likely to become whole.
void Lane::limitPartials() {
  while (partial_bytes_ > kMaxPartialBytes) {
    around_.metrics.crowded_out.add();
    drop(*incomplete_.front());
  }
}

void Lane::advanceTo(LanePhase phase) {
  if (phase_ == LanePhase::kServing) acceptBacklog();
  phase_ = phase;
  mailbox_.lock()->closed = true;
  emptyMailbox();
  drainConnections();
}

void Lane::drainConnections() {
  for (Connection* next = connections_.front(); next != nullptr;) {
    Connection& connection = *next;
    next = decltype(connections_)::after(connection);
    // A lent connection must come back by mail, because it may have nothing more to say by itself.
    Owner owner = Owner::kLent;
    connection.owner.compare_exchange_strong(owner, Owner::kLentAndEvent, std::memory_order_acq_rel);
    if (owner == Owner::kLentAndEvent || owner == Owner::kLent) continue;
    if (phase_ == LanePhase::kEnding) {
      drop(connection);
    } else if (!connection.lingering) {
      look(connection, false);
    }
  }
}

/// For events that were passed over: has the peer closed, or shut down for writing?
bool Lane::peerHasFinished(const Connection& connection) {
  pollfd peer{.fd = connection.fd.get(), .events = POLLRDHUP, .revents = 0};
  return ::poll(&peer, 1, 0) > 0;
}

// --- one connection --------------------------------------------------------------------------------------------

void Lane::look(Connection& connection, bool peer_finished) {
  if (connection.lingering) return discard(connection);
  const ssize_t count = ::recv(connection.fd.get(), received_.data(), received_.size(), 0);
  if (count > 0) {
    const std::string_view bytes = gather(connection, static_cast<std::size_t>(count));
    if (bytes.size() < connection.needed) return wait(connection, bytes, connection.needed, peer_finished);
    return decide(connection, bytes, peer_finished);
  }
  const bool ended = count == 0 || (errno != EAGAIN && errno != EINTR);
  if (!ended && !connection.partial.empty()) {
    wait(connection, connection.partial, connection.needed, peer_finished);
  } else if (ended || peer_finished || phase_ >= LanePhase::kDraining) {
    drop(connection);
  }
}

/// All there is of the connection's next request: almost always what was received just now.
std::string_view Lane::gather(Connection& connection, std::size_t received) {
  const std::string_view bytes(received_.data(), received);
  if (connection.partial.empty()) return bytes;
  connection.partial.append(bytes);
  partial_bytes_ += received;
  return connection.partial;
}

void Lane::decide(Connection& connection, std::string_view bytes, bool peer_finished) {
  if (connection.late_stdin != 0 && !passLateStdin(connection, bytes)) {
    return wait(connection, bytes, kRecordHeaderBytes, peer_finished);
  }
  if (bytes.empty()) {
    stopTimer(connection);
    setPartial(connection, {});
    connection.needed = 0;
    if (peer_finished || phase_ >= LanePhase::kDraining) drop(connection);
    return;
  }
  const FramingResult framing = checkFraming(bytes, pairs_);
  switch (framing.verdict) {
    case Framing::kComplete:
      if (framing.length == bytes.size()) return serve(connection, bytes, framing, peer_finished);
      // nginx waits for an answer before it sends the next request, and libfcgi would lose the second one.
      logDebug("fastcgi: pipelined requests refused");
      break;
    case Framing::kIncomplete:
      return wait(connection, bytes, framing.length, peer_finished);
    case Framing::kTooLarge:
      around_.metrics.too_large.add();
      return refuse(connection, tooLargeRecords(framing.request_id));
    case Framing::kUnknownRole:
      around_.metrics.unknown_role.add();
      return refuse(connection, endRequestRecord(framing.request_id, ProtocolStatus::kUnknownRole));
    case Framing::kMalformed:
      logDebug("fastcgi: malformed request refused", {{"reason", framing.reason}});
      break;
  }
  around_.metrics.malformed.add();
  drop(connection);
}

/// Takes the empty STDIN of an AUTHORIZER request that was answered without waiting for it. False: it cannot be told
/// yet whether it is one.
bool Lane::passLateStdin(Connection& connection, std::string_view& bytes) {
  if (bytes.size() < kRecordHeaderBytes) return false;
  if (beginsWithEmptyStdin(bytes, connection.late_stdin)) bytes.remove_prefix(kRecordHeaderBytes);
  connection.late_stdin = 0;
  return true;
}

void Lane::wait(Connection& connection, std::string_view bytes, std::size_t needed, bool peer_finished) {
  if (peer_finished || phase_ == LanePhase::kEnding) return drop(connection);
  setPartial(connection, bytes);
  connection.needed = needed;
  if (connection.timed.linked) return;
  connection.deadline = around_.clock.steadyNow() + around_.options.request_timeout;
  incomplete_.pushBack(connection);
}

/// `bytes` may be a part of what is there already.
void Lane::setPartial(Connection& connection, std::string_view bytes) {
  if (bytes.size() == connection.partial.size() && bytes.data() == connection.partial.data()) return;
  std::string next(bytes);
  partial_bytes_ += next.size();
  partial_bytes_ -= connection.partial.size();
  connection.partial.swap(next);
}

void Lane::serve(Connection& connection, std::string_view bytes, const FramingResult& framing, bool peer_finished) {
  ActiveRequest& request = *current_;
  recycle(request);
  const bool read = request.fastcgi.read(connection.fd, bytes, framing, pairs_.view());
  stopTimer(connection);
  connection.needed = 0;
  if (!connection.partial.empty()) setPartial(connection, {});
  if (!read) return drop(connection);
  request.exchange.request = request.fastcgi.request();
  request.connection = &connection;
  request.keep = framing.keep;
  if (framing.role == Role::kAuthorizer && !framing.has_stdin) connection.late_stdin = framing.request_id;

  used_ = true;
  Loading& loading = currentLoading();
  const Route route = receive(request, *loading.handler);
  if (route == Route::kAnswered && !isLarge(request.exchange.response)) {
    answerHere(request, peer_finished);
    return;
  }
  if (route == Route::kLoad) {
    lend(connection, peer_finished);
    load(current_, loading);
  } else {
    if (route != Route::kAnswered) request.handler = loading.handler;
    handOn(current_, route, peer_finished);
  }
  if (current_ == nullptr) current_ = spareRequest();
}

Route Lane::receive(ActiveRequest& request, Handler& handler) {
  try {
    return handler.receive(request.exchange);
  } catch (...) {
    request.exchange.response = failedResponse(around_.metrics, "receive");
    return Route::kAnswered;
  }
}

/// With the mark set at once, the connection comes back for a look at whether the peer is really gone.
void Lane::lend(Connection& connection, bool peer_finished) {
  connection.owner.store(peer_finished || phase_ >= LanePhase::kDraining ? Owner::kLentAndEvent : Owner::kLent,
                         std::memory_order_relaxed);
}

/// To a worker; with kAnswered, to one that has the patience to write the answer.
void Lane::handOn(ActiveRequestPtr& request, Route route, bool peer_finished) {
  Connection& connection = *request->connection;
  request->answered = route == Route::kAnswered;
  lend(connection, peer_finished);
  const bool stranger = route == Route::kPassword;
  RequestQueue& queue = stranger || route == Route::kReturning ? around_.passwords : around_.works;
  // However many strangers try, half of the places are for devices that have logged in before.
  if (queue.push(request, stranger ? around_.options.password_queue / 2 : 0)) return;
  connection.owner.store(Owner::kLane, std::memory_order_relaxed);
  turnAway(*request, around_.metrics);
  answerHere(*request, peer_finished);
  request->handler.reset();  // of a configuration that may be replaced before this lane's next request
}

/// False: the connection is gone.
bool Lane::answerHere(ActiveRequest& request, bool peer_finished) {
  const bool written = request.fastcgi.answer(request.exchange.response, std::chrono::milliseconds(0));
  if (!written) around_.metrics.write_failures.add();
  const bool keep = written && request.keep && !peer_finished && phase_ < LanePhase::kDraining;
  if (!keep) drop(*request.connection);
  return keep;
}

ActiveRequestPtr Lane::spareRequest() {
  if (spare_.empty()) return std::make_unique<ActiveRequest>();
  ActiveRequestPtr request = std::move(spare_.back());
  spare_.pop_back();
  return request;
}

void Lane::refuse(Connection& connection, std::string_view records) {
  stopTimer(connection);
  setPartial(connection, {});
  const ssize_t sent = ::send(connection.fd.get(), records.data(), records.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent != static_cast<ssize_t>(records.size())) return drop(connection);
  // Closing now, with bytes unread, would reset the connection and could take the answer with it.
  ::shutdown(connection.fd.get(), SHUT_WR);
  connection.lingering = true;
  connection.deadline = around_.clock.steadyNow() + kLingerTime;
  lingering_.pushBack(connection);
  discard(connection);
}

void Lane::discard(Connection& connection) {
  for (;;) {
    const ssize_t count = ::recv(connection.fd.get(), received_.data(), received_.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return drop(connection);
    connection.discarded += static_cast<std::size_t>(count);
    if (connection.discarded > kLingerBytes) return drop(connection);
  }
}

void Lane::stopTimer(Connection& connection) {
  if (!connection.timed.linked) return;
  (connection.lingering ? lingering_ : incomplete_).remove(connection);
}

void Lane::drop(Connection& connection) {
  stopTimer(connection);
  partial_bytes_ -= connection.partial.size();
  connections_.remove(connection);
  load_.fetch_sub(1, std::memory_order_relaxed);
  around_.connections.fetch_sub(1, std::memory_order_relaxed);
  around_.metrics.open.add(-1);
  delete &connection;
}

}  // namespace sessiond
