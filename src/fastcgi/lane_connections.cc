#include "fastcgi/lane_connections.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <new>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/errno_text.h"
#include "base/log.h"
#include "fastcgi/answer_records.h"
#include "fastcgi/records.h"

namespace sessiond {

namespace {

/// How long a refused peer may take to notice, and how much it may still send.
constexpr std::chrono::milliseconds kLingerTime{1000};
constexpr std::size_t kLingerBytes = 1024 * 1024;
/// How long a new connection may be silent before it can be closed in favour of another one, and how long a request may
/// take to become whole: nginx sends one in one piece.
constexpr std::chrono::milliseconds kTimeToSpeak{100};
constexpr std::chrono::milliseconds kTimeToFinish{1000};
/// Of the requests of one lane that are not whole yet, all together. nginx sends a request in one piece, so this is
/// room for whoever else may open the socket.
constexpr std::size_t kMaxPartialBytes = 16 * 1024 * 1024;
constexpr std::uint32_t kPeerFinished = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

/// For events that were passed over: has the peer closed, or shut down for writing?
bool peerHasFinished(const Connection& connection) {
  pollfd peer{.fd = connection.fd.get(), .events = POLLRDHUP, .revents = 0};
  return ::poll(&peer, 1, 0) > 0;
}

}  // namespace

LaneConnections::LaneConnections(LaneSurroundings& surroundings, Lane& home, int epoll, LaneRequests& requests)
    : around_(surroundings), home_(home), epoll_(epoll), requests_(requests), received_(kMaxRequestBytes + 1) {}

LaneConnections::~LaneConnections() {
  SESSIOND_CHECK(all_.empty());
}

// --- coming and going ------------------------------------------------------------------------------------------

void LaneConnections::adopt(UniqueFd socket) {
  auto* const connection = new Connection(std::move(socket), home_);
  all_.pushBack(*connection);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
  event.data.ptr = connection;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection->fd.get(), &event) != 0) {
    logWarn("fastcgi: cannot watch a connection", {{"error", errnoText(errno)}});
    drop(*connection);
  } else if (draining()) {
    look(*connection, false);
  } else {
    startTimer(*connection);
  }
}

void LaneConnections::handle(Connection& connection, std::uint32_t events) {
  Owner owner = Owner::kLent;
  if (connection.owner.load(std::memory_order_acquire) != Owner::kLane) {
    // Lent: whoever has it will see the mark and send it back for another look. If that was just done without the
    // mark, the connection is ours again.
    if (connection.owner.compare_exchange_strong(owner, Owner::kLentAndEvent, std::memory_order_acq_rel)) return;
    if (owner != Owner::kLane) return;
  }
  look(connection, (events & kPeerFinished) != 0);
}

void LaneConnections::takeBack(Connection& connection) {
  connection.owner.store(Owner::kLane, std::memory_order_relaxed);
  if (phase_ == LanePhase::kEnding) return drop(connection);
  look(connection, peerHasFinished(connection));
}

void LaneConnections::finish(ActiveRequestPtr request) {
  Connection& connection = *request->connection;
  const bool event = connection.owner.exchange(Owner::kLane, std::memory_order_relaxed) == Owner::kLentAndEvent;
  settle(connection, requests_.finish(std::move(request), event, draining()), event);
}

void LaneConnections::beginWaiting() {
  for (std::size_t left = requests_.endRound(); left > 0 && requests_.waiting(); --left) {
    ActiveRequestPtr request = requests_.takeWaiting();
    Connection& connection = *request->connection;
    const bool event = connection.owner.exchange(Owner::kLane, std::memory_order_relaxed) == Owner::kLentAndEvent;
    settle(connection, requests_.begin(std::move(request), event, draining()), event);
  }
}

/// After an answer to what was lent. `event`: something has happened on the connection meanwhile.
void LaneConnections::settle(Connection& connection, Whereabouts where, bool event) {
  if (where == Whereabouts::kUseless) return drop(connection);
  if (where != Whereabouts::kHere) return;
  if (event) return look(connection, peerHasFinished(connection));
  rest(connection);
}

/// The oldest go: they are the least likely to become whole.
void LaneConnections::limitPartials() {
  while (partial_bytes_ > kMaxPartialBytes) {
    around_.metrics.crowded_out.add();
    drop(*incomplete_.front());
  }
}

void LaneConnections::expire(SteadyTime now) {
  while (!incomplete_.empty() && incomplete_.front()->deadline <= now) {
    around_.metrics.timed_out.add();
    drop(*incomplete_.front());
  }
  while (!lingering_.empty() && lingering_.front()->deadline <= now) drop(*lingering_.front());
}

/// Whoever has sent nothing yet goes before those who have been served, and who stopped in the middle goes last.
bool LaneConnections::makeRoom(SteadyTime now) {
  Connection* const unfinished = incomplete_.front();
  const auto has_had = [&](std::chrono::milliseconds time) {
    return unfinished != nullptr && unfinished->deadline - around_.settings.request_timeout + time <= now;
  };
  Connection* leaving = idle_.front();
  if (has_had(kTimeToSpeak) && unfinished->partial.empty()) leaving = unfinished;
  if (leaving == nullptr && has_had(kTimeToFinish)) leaving = unfinished;
  if (leaving == nullptr) return false;
  char next = 0;
  if (::recv(leaving->fd.get(), &next, 1, MSG_PEEK | MSG_DONTWAIT) > 0) return false;  // its event is on the way
  (leaving->partial.empty() ? around_.metrics.idle_closed : around_.metrics.crowded_out).add();
  drop(*leaving);
  return true;
}

SteadyTime LaneConnections::nextDeadline() const {
  SteadyTime next = SteadyTime::max();
  if (!incomplete_.empty()) next = incomplete_.front()->deadline;
  if (!lingering_.empty()) next = std::min(next, lingering_.front()->deadline);
  return next;
}

void LaneConnections::enter(LanePhase phase) {
  phase_ = phase;
  for (Connection* next = all_.front(); next != nullptr;) {
    Connection& connection = *next;
    next = decltype(all_)::after(connection);
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

// --- what arrives ----------------------------------------------------------------------------------------------

void LaneConnections::look(Connection& connection, bool peer_finished) {
  if (connection.lingering) return discard(connection);
  const ssize_t count = ::recv(connection.fd.get(), received_.data(), received_.size(), 0);
  if (count > 0) {
    if (connection.idle) stopTimer(connection);
    const std::string_view bytes = gather(connection, static_cast<std::size_t>(count));
    if (bytes.empty()) {
      dropWithoutMemory(connection);
    } else if (bytes.size() < connection.needed) {
      wait(connection, bytes, connection.needed, peer_finished);
    } else {
      decide(connection, bytes, peer_finished);
    }
    explicit_bzero(received_.data(), static_cast<std::size_t>(count));  // there may be a password in it
    return;
  }
  const bool ended = count == 0 || (errno != EAGAIN && errno != EINTR);
  if (!ended && !connection.partial.empty()) {
    wait(connection, connection.partial, connection.needed, peer_finished);
  } else if (ended || peer_finished || draining()) {
    drop(connection);
  } else {
    rest(connection);
  }
}

/// All there is of the connection's next request: almost always what was received just now. Nothing: there is no memory
/// for it.
std::string_view LaneConnections::gather(Connection& connection, std::size_t received) {
  const std::string_view bytes(received_.data(), received);
  if (connection.partial.empty()) return bytes;
  try {
    connection.partial.append(bytes);
  } catch (const std::bad_alloc&) {
    return {};
  }
  partial_bytes_ += received;
  return connection.partial;
}

void LaneConnections::decide(Connection& connection, std::string_view bytes, bool peer_finished) {
  if (connection.late_stdin != 0 && !passLateStdin(connection, bytes)) {
    return wait(connection, bytes, kRecordHeaderBytes, peer_finished);
  }
  if (bytes.empty()) {
    stopTimer(connection);
    forgetPartial(connection);
    connection.needed = 0;
    if (peer_finished || draining()) return drop(connection);
    return rest(connection);
  }
  const FramingResult framing = checkFraming(bytes, params_);
  switch (framing.verdict) {
    case Framing::kComplete:
      if (framing.length == bytes.size()) return serve(connection, bytes, framing, peer_finished);
      // nginx waits for an answer before it sends the next request.
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
bool LaneConnections::passLateStdin(Connection& connection, std::string_view& bytes) {
  if (bytes.size() < kRecordHeaderBytes) return false;
  if (beginsWithEmptyStdin(bytes, connection.late_stdin)) bytes.remove_prefix(kRecordHeaderBytes);
  connection.late_stdin = 0;
  return true;
}

void LaneConnections::wait(Connection& connection, std::string_view bytes, std::size_t needed, bool peer_finished) {
  if (peer_finished || phase_ == LanePhase::kEnding) return drop(connection);
  if (!keepPartial(connection, bytes)) return dropWithoutMemory(connection);
  connection.needed = needed;
  startTimer(connection);
}

/// Of its request, from the first byte on; of its first one, from the beginning.
void LaneConnections::startTimer(Connection& connection) {
  if (connection.timed.linked) return;
  connection.deadline = around_.clock.steadyNow() + around_.settings.request_timeout;
  incomplete_.pushBack(connection);
}

void LaneConnections::rest(Connection& connection) {
  if (connection.timed.linked) return;
  connection.idle = true;
  idle_.pushBack(connection);
}

/// `bytes` may be a part of what is there already. False: there is no memory for them.
bool LaneConnections::keepPartial(Connection& connection, std::string_view bytes) {
  if (bytes.size() == connection.partial.size() && bytes.data() == connection.partial.data()) return true;
  try {
    WipedString next(bytes);
    partial_bytes_ += next.size();
    partial_bytes_ -= connection.partial.size();
    connection.partial.swap(next);
  } catch (const std::bad_alloc&) {
    return false;
  }
  return true;
}

void LaneConnections::forgetPartial(Connection& connection) {
  partial_bytes_ -= connection.partial.size();
  WipedString().swap(connection.partial);
}

void LaneConnections::serve(Connection& connection, std::string_view bytes, const FramingResult& framing,
                            bool peer_finished) {
  const bool read = requests_.read(connection, bytes, framing, params_.view());
  stopTimer(connection);
  connection.needed = 0;
  if (!connection.partial.empty()) forgetPartial(connection);
  if (!read) return dropWithoutMemory(connection);
  settle(connection, requests_.receive(peer_finished || draining()), false);
}

void LaneConnections::refuse(Connection& connection, std::string_view records) {
  stopTimer(connection);
  forgetPartial(connection);
  const ssize_t sent = ::send(connection.fd.get(), records.data(), records.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent != static_cast<ssize_t>(records.size())) return drop(connection);
  // Closing now, with bytes unread, would reset the connection and could take the answer with it.
  ::shutdown(connection.fd.get(), SHUT_WR);
  connection.lingering = true;
  connection.deadline = around_.clock.steadyNow() + kLingerTime;
  lingering_.pushBack(connection);
  discard(connection);
}

void LaneConnections::discard(Connection& connection) {
  for (;;) {
    const ssize_t count = ::recv(connection.fd.get(), received_.data(), received_.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return drop(connection);
    explicit_bzero(received_.data(), static_cast<std::size_t>(count));
    connection.discarded += static_cast<std::size_t>(count);
    if (connection.discarded > kLingerBytes) return drop(connection);
  }
}

LaneConnections::TimedList& LaneConnections::listOf(const Connection& connection) {
  if (connection.idle) return idle_;
  return connection.lingering ? lingering_ : incomplete_;
}

void LaneConnections::stopTimer(Connection& connection) {
  if (!connection.timed.linked) return;
  listOf(connection).remove(connection);
  connection.idle = false;
}

/// There is none for what it has sent.
void LaneConnections::dropWithoutMemory(Connection& connection) {
  around_.metrics.no_memory.add();
  drop(connection);
}

void LaneConnections::drop(Connection& connection) {
  stopTimer(connection);
  partial_bytes_ -= connection.partial.size();
  all_.remove(connection);
  count_.fetch_sub(1, std::memory_order_relaxed);
  around_.connections.fetch_sub(1, std::memory_order_relaxed);
  around_.metrics.open.add(-1);
  delete &connection;
}

}  // namespace sessiond
