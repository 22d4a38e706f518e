// LaneConnection: one connection to Redis on a lane's thread, which never waits for it: looking up the host,
// connecting, the handshake of TLS and greeting go on when something has come, as answers do.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/event_loop.h"
#include "base/unique_fd.h"
#include "os/host_resolver.h"
#include "redis/link.h"
#include "redis/node_place.h"
#include "redis/redis_commands.h"
#include "redis/redis_connection.h"
#include "redis/redis_node.h"
#include "redis/redis_reply.h"

namespace sessiond {

/// Of one lane's thread. Every open() and ask() ends in one call of its owner, perhaps before it returns.
class LaneConnection final : private EventLoop::Waiter {
 public:
  class Owner {
   public:
    virtual void opened() = 0;
    virtual void answered() = 0;
    /// The connection is closed. May open it anew at once.
    virtual void failed(const ConnectionError& error) = 0;
    /// Does that failure mean that what was connected to may be another server by now? Observers are told of it.
    virtual bool isLoss(const ConnectionError&) const { return true; }

   protected:
    ~Owner() = default;
  };

  LaneConnection(RedisNode& node, EventLoop& loop, const Clock& clock, Owner& owner)
      : node_(node), loop_(loop), clock_(clock), owner_(owner) {}
  ~LaneConnection();
  LaneConnection(const LaneConnection&) = delete;
  LaneConnection& operator=(const LaneConnection&) = delete;

  /// REQUIRES: closed.
  void open(SteadyTime deadline);
  /// Sends all commands, which are not needed afterwards, and reads one reply for each. Many large ones take their
  /// time: given up is what has completed none for redis.command_timeout, and at `deadline` all. REQUIRES: ready().
  void ask(const RedisCommands& commands, RedisReplies& replies, SteadyTime deadline);
  /// Whatever was under way is given up without a word.
  void close();
  /// Closes what it has and goes on with what `successor` has, whose owner is told nothing more. Closed afterwards
  /// where the system has no room. REQUIRES: successor.ready().
  void takeOver(LaneConnection& successor);

  bool ready() const { return state_ == State::kReady; }
  bool closed() const { return state_ == State::kClosed; }
  /// Where the node was when it was opened, is it there still? REQUIRES: not closed.
  bool leadsToNode() const { return place_ == nullptr || place_->term == node_.place().term(); }
  /// Did the server tell its role when it was greeted? REQUIRES: ready().
  bool tellsRole() const { return tells_role_; }

 private:
  enum class State : std::uint8_t { kClosed, kResolving, kConnecting, kHandshaking, kGreeting, kReady, kAsking };

  void onEvent() override;
  void onTime() override;
  void resolve();
  void connectToNext();
  void connected();
  void shakeHands();
  void greet();
  /// Once more without the courtesies, where that may help.
  void greetingFailed(const ConnectionError& error);
  void advance();
  void awaitReply();
  /// Watches the connection for what it waits for. False: it was closed and its owner told.
  bool watch();
  void closeAttempt();
  void fail(const ConnectionError& error);

  RedisNode& node_;
  EventLoop& loop_;
  const Clock& clock_;
  Owner& owner_;
  State state_ = State::kClosed;
  SteadyTime deadline_;
  NodePlace::Ref place_;  ///< null: not known yet
  std::uint64_t lookup_ = 0;
  bool plainly_ = false;
  bool tells_role_ = false;
  std::vector<SocketAddress> addresses_;
  std::size_t next_address_ = 0;
  ConnectionError problem_;  // of the last address
  UniqueFd connecting_;
  std::unique_ptr<Link> link_;  // in its handshake
  std::unique_ptr<RedisConnection> connection_;
  std::optional<EventLoop::Interest> watched_;  // of the connection
  std::size_t replied_ = 0;                     // of what was asked
  RedisReplies greeted_;
};

}  // namespace sessiond
