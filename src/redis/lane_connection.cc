#include "redis/lane_connection.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace sessiond {

namespace {

/// How often it is looked whether a host's name has been found.
constexpr std::chrono::milliseconds kLookupInterval{2};

}  // namespace

LaneConnection::~LaneConnection() {
  close();
}

void LaneConnection::close() {
  closeAttempt();
  if (connection_) loop_.unwatch(connection_->fd(), *this);
  loop_.forget(*this);
  connection_.reset();
  watched_.reset();
  state_ = State::kClosed;
}

void LaneConnection::takeOver(LaneConnection& successor) {
  SESSIOND_CHECK(successor.ready());
  close();
  loop_.unwatch(successor.connection_->fd(), successor);
  connection_ = std::move(successor.connection_);
  place_ = std::move(successor.place_);
  tells_role_ = successor.tells_role_;
  successor.close();
  const EventLoop::Interest interest = connection_->interest();
  if (!loop_.watch(connection_->fd(), interest, *this)) return close();
  watched_ = interest;
  state_ = State::kReady;
}

void LaneConnection::closeAttempt() {
  if (connecting_) loop_.unwatch(connecting_.get(), *this);
  if (link_) loop_.unwatch(link_->fd(), *this);
  connecting_.reset();
  link_.reset();
}

/// The last thing that is done: the owner may do anything then.
void LaneConnection::fail(const ConnectionError& error) {
  if (owner_.isLoss(error)) node_.observers().tellLost();
  close();
  owner_.failed(error);
}

void LaneConnection::open(SteadyTime deadline) {
  SESSIOND_CHECK(state_ == State::kClosed);
  if (clock_.steadyNow() >= deadline) return fail(noAnswerInTime());
  deadline_ = deadline;
  place_ = nullptr;
  lookup_ = 0;
  plainly_ = node_.greeting().isPlain();
  state_ = State::kResolving;
  resolve();
}

void LaneConnection::resolve() {
  if (place_ == nullptr) place_ = node_.place().present();
  const SteadyTime now = clock_.steadyNow();
  if (place_ == nullptr && now >= deadline_) return fail(sentinelsAreSilent());
  if (place_ == nullptr) return loop_.callAt(std::min(deadline_, now + kLookupInterval), *this);
  std::optional<ResolvedAddresses> found = place_->connector->lookUp(lookup_);
  if (!found && now >= deadline_) return fail(unreachableError("cannot resolve the host in time"));
  if (!found) return loop_.callAt(std::min(deadline_, now + kLookupInterval), *this);
  if (!*found) return fail(unreachableError(found->error()));
  addresses_ = **std::move(found);
  next_address_ = 0;
  problem_ = {};
  connectToNext();
}

void LaneConnection::connectToNext() {
  state_ = State::kConnecting;
  while (next_address_ < addresses_.size()) {
    // Each address gets its share of what is left, so that a dead first one leaves time for the second.
    const SteadyTime now = clock_.steadyNow();
    const auto share = (deadline_ - now) / static_cast<SteadyTime::rep>(addresses_.size() - next_address_);
    auto socket = RedisConnector::begin(addresses_[next_address_++]);
    if (!socket) {
      problem_ = unreachableError(socket.error());
      continue;
    }
    connecting_ = *std::move(socket);
    if (!loop_.watch(connecting_.get(), EventLoop::Interest::kWrite, *this)) {
      connecting_.reset();
      return fail(unreachableError("cannot watch the connection"));
    }
    return loop_.callAt(now + share, *this);
  }
  fail(problem_);
}

void LaneConnection::connected() {
  loop_.unwatch(connecting_.get(), *this);
  auto link = place_->connector->finish(std::move(connecting_));
  if (!link) {
    problem_ = unreachableError(link.error());
    return connectToNext();
  }
  link_ = *std::move(link);
  state_ = State::kHandshaking;
  shakeHands();
}

void LaneConnection::shakeHands() {
  const Link::State state = place_->connector->shakeHands(*link_);
  if (state == Link::State::kClosed || state == Link::State::kRefused) {
    problem_ = unreachableError(link_->problem());
    closeAttempt();
    return connectToNext();
  }
  if (state != Link::State::kDone) {
    const bool writes = state == Link::State::kWantsWrite;
    if (loop_.watch(link_->fd(), writes ? EventLoop::Interest::kWrite : EventLoop::Interest::kRead, *this)) return;
    return fail(unreachableError("cannot watch the connection"));
  }
  loop_.unwatch(link_->fd(), *this);
  connection_ = std::make_unique<RedisConnection>(std::move(link_), node_.commandTimeout(), clock_);
  loop_.callAt(deadline_, *this);
  greet();
}

bool LaneConnection::watch() {
  const EventLoop::Interest interest = connection_->interest();
  if (watched_ == interest) return true;
  if (!loop_.watch(connection_->fd(), interest, *this)) {
    fail(unreachableError("cannot watch the connection"));
    return false;
  }
  watched_ = interest;
  return true;
}

void LaneConnection::greet() {
  state_ = State::kGreeting;
  RedisCommands commands = node_.greeting().commands(plainly_);
  const auto begun = connection_->begin(commands, greeted_);
  commands.wipe();
  if (!begun) return greetingFailed(connection_->rejectionOr(begun.error(), greeted_));
  advance();  // there may be nothing to say
}

void LaneConnection::greetingFailed(const ConnectionError& error) {
  if (!node_.greeting().shouldBePlainAfter(error, plainly_)) return fail(node_.greeting().explain(error, *place_));
  close();
  plainly_ = true;
  state_ = State::kResolving;
  resolve();
}

void LaneConnection::ask(const RedisCommands& commands, RedisReplies& replies, SteadyTime deadline) {
  SESSIOND_CHECK(state_ == State::kReady);
  state_ = State::kAsking;
  deadline_ = deadline;
  if (auto begun = connection_->begin(commands, replies); !begun) return fail(begun.error());
  if (watch()) awaitReply();
}

/// The next one, which has its time from when the one before it was complete: bytes alone are no progress, since a
/// server that lets one fall now and then would be waited for until the deadline.
void LaneConnection::awaitReply() {
  replied_ = connection_->replied();
  loop_.callAt(std::min(clock_.steadyNow() + node_.commandTimeout(), deadline_), *this);
}

void LaneConnection::advance() {
  auto complete = connection_->advance();
  if (!complete && state_ == State::kGreeting) {
    return greetingFailed(connection_->rejectionOr(complete.error(), greeted_));
  }
  if (!complete) return fail(complete.error());
  if (!watch()) return;
  if (!*complete) {
    if (state_ == State::kAsking && connection_->replied() > replied_) awaitReply();
    return;
  }
  loop_.callAt(SteadyTime::max(), *this);
  if (state_ == State::kAsking) {
    state_ = State::kReady;
    return owner_.answered();
  }
  const auto tells_role = node_.greeting().judge(greeted_, plainly_);
  if (!tells_role) return fail(tells_role.error());
  tells_role_ = *tells_role;
  state_ = State::kReady;
  owner_.opened();
}

void LaneConnection::onEvent() {
  switch (state_) {
    case State::kConnecting:
      return connected();
    case State::kHandshaking:
      return shakeHands();
    case State::kGreeting:
    case State::kAsking:
      return advance();
    case State::kReady:
      if (connection_->staysQuiet()) return;
      node_.observers().tellLost();
      return close();
    case State::kClosed:
    case State::kResolving:
      break;
  }
  SESSIOND_CHECK(false);
}

void LaneConnection::onTime() {
  if (state_ == State::kResolving) return resolve();
  if (state_ == State::kConnecting || state_ == State::kHandshaking) {
    problem_ = state_ == State::kConnecting ? unreachableError("cannot connect in time")
                                            : place_->connector->handshakeTimeout();
    closeAttempt();
    return connectToNext();
  }
  fail(noAnswerInTime());
}

}  // namespace sessiond
