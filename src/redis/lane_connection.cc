#include "redis/lane_connection.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace sessiond {

namespace {

/// How often it is looked whether a host's name has been found.
constexpr std::chrono::milliseconds kLookupInterval{2};

ConnectionError unreachable(std::string text) {
  return {ConnectionError::Kind::kUnreachable, std::move(text)};
}

}  // namespace

LaneConnection::~LaneConnection() {
  close();
}

void LaneConnection::close() {
  if (connecting_) loop_.unwatch(connecting_.get(), *this);
  if (connection_) loop_.unwatch(connection_->fd(), *this);
  loop_.forget(*this);
  connecting_.reset();
  connection_.reset();
  state_ = State::kClosed;
}

/// The last thing that is done: the owner may do anything then.
void LaneConnection::fail(const ConnectionError& error) {
  close();
  owner_.failed(error);
}

void LaneConnection::open(SteadyTime deadline) {
  SESSIOND_CHECK(state_ == State::kClosed);
  if (clock_.steadyNow() >= deadline) return fail({ConnectionError::Kind::kTimeout, "no answer in time"});
  deadline_ = deadline;
  lookup_ = 0;
  plainly_ = node_.greetsPlainly();
  state_ = State::kResolving;
  resolve();
}

void LaneConnection::resolve() {
  std::optional<ResolvedAddresses> found = node_.connector().lookUp(lookup_);
  const SteadyTime now = clock_.steadyNow();
  if (!found && now >= deadline_) return fail(unreachable("cannot resolve the host in time"));
  if (!found) return loop_.callAt(std::min(deadline_, now + kLookupInterval), *this);
  if (!*found) return fail(unreachable(found->error()));
  addresses_ = **std::move(found);
  next_address_ = 0;
  connectToNext();
}

void LaneConnection::connectToNext() {
  state_ = State::kConnecting;
  std::string problem = "cannot connect in time";
  while (next_address_ < addresses_.size()) {
    // Each address gets its share of what is left, so that a dead first one leaves time for the second.
    const SteadyTime now = clock_.steadyNow();
    const auto share = (deadline_ - now) / static_cast<SteadyTime::rep>(addresses_.size() - next_address_);
    auto socket = RedisConnector::begin(addresses_[next_address_++]);
    if (!socket) {
      problem = socket.error();
      continue;
    }
    connecting_ = *std::move(socket);
    if (!loop_.watch(connecting_.get(), EventLoop::Interest::kWrite, *this)) {
      connecting_.reset();
      return fail(unreachable("cannot watch the connection"));
    }
    return loop_.callAt(now + share, *this);
  }
  fail(unreachable(std::move(problem)));
}

void LaneConnection::connected() {
  loop_.unwatch(connecting_.get(), *this);
  if (const auto problem = RedisConnector::finish(connecting_.get())) {
    connecting_.reset();
    if (next_address_ < addresses_.size()) return connectToNext();
    return fail(unreachable(*problem));
  }
  connection_ = std::make_unique<RedisConnection>(std::move(connecting_), node_.commandTimeout(), clock_);
  if (!loop_.watch(connection_->fd(), EventLoop::Interest::kRead, *this)) {
    return fail(unreachable("cannot watch the connection"));
  }
  loop_.callAt(deadline_, *this);
  greet();
}

void LaneConnection::greet() {
  state_ = State::kGreeting;
  const RedisCommands commands = node_.greeting(plainly_);
  if (auto begun = connection_->begin(commands, greeted_); !begun) return fail(begun.error());
  advance();  // there may be nothing to say
}

void LaneConnection::ask(const RedisCommands& commands, RedisReplies& replies, SteadyTime deadline) {
  SESSIOND_CHECK(state_ == State::kReady);
  state_ = State::kAsking;
  if (auto begun = connection_->begin(commands, replies); !begun) return fail(begun.error());
  loop_.callAt(deadline, *this);
}

void LaneConnection::advance() {
  auto complete = connection_->advance();
  if (!complete) {
    const bool greeting = state_ == State::kGreeting;
    if (auto words = greeting ? connection_->lastWords(greeted_) : std::nullopt) {
      return fail({ConnectionError::Kind::kRejected, *std::move(words)});
    }
    if (greeting && RedisNode::shouldGreetPlainlyAfter(complete.error(), plainly_)) {
      close();
      plainly_ = true;
      state_ = State::kResolving;
      return resolve();
    }
    return fail(complete.error());
  }
  if (!*complete) return;
  loop_.callAt(SteadyTime::max(), *this);
  if (state_ == State::kAsking) {
    state_ = State::kReady;
    return owner_.answered();
  }
  if (const auto reason = node_.judgeGreeting(greeted_)) return fail(*reason);
  state_ = State::kReady;
  if (plainly_) node_.noteGreetedPlainly();
  node_.noteOpened();
  owner_.opened();
}

void LaneConnection::onEvent() {
  switch (state_) {
    case State::kConnecting:
      return connected();
    case State::kGreeting:
    case State::kAsking:
      return advance();
    case State::kReady:
      return close();  // the server has closed it, or says what nobody asked
    case State::kClosed:
    case State::kResolving:
      break;
  }
  SESSIOND_CHECK(false);
}

void LaneConnection::onTime() {
  if (state_ == State::kResolving) return resolve();
  if (state_ == State::kConnecting) {
    loop_.unwatch(connecting_.get(), *this);
    connecting_.reset();
    return connectToNext();
  }
  fail({ConnectionError::Kind::kTimeout, "no answer in time"});
}

}  // namespace sessiond
