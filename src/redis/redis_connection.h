// RedisConnection: one connection to Redis: sends a pipeline, reads its replies, within a deadline.
//
// hiredis parses the replies; writing and waiting is done here, because hiredis' timeouts hold for each read() and a
// server that sends a byte now and then could keep a request for ever. After any failure the connection is broken
// for good: an answer that comes late must never be taken for the answer to the next question.

#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/event_loop.h"
#include "base/expected.h"
#include "redis/connection_error.h"
#include "redis/link.h"
#include "redis/redis_commands.h"
#include "redis/redis_reply.h"

struct redisReader;  // NOLINT(readability-identifier-naming): hiredis's name

namespace sessiond {

/// Not thread-safe: one pipeline at a time. Raises no SIGPIPE.
class RedisConnection {
 public:
  /// Takes a link whose handshake is done. `command_timeout` is the longest time that any exchange will be given.
  RedisConnection(std::unique_ptr<Link> link, milliseconds command_timeout, const Clock& clock);
  ~RedisConnection();
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  /// Sends all commands and reads one reply for each into `replies`. `now` is the current time, which the caller has
  /// just read. REQUIRES: not broken().
  Expected<void, ConnectionError> exchange(const RedisCommands& commands, RedisReplies& replies, SteadyTime now,
                                           SteadyTime deadline);

  /// The same without waiting, in two steps. begin() sends what it can; the commands are needed no longer then. Until
  /// all is answered, the connection counts as broken: nobody else may have it. REQUIRES: not broken(); `replies` stay
  /// where they are until the end.
  Expected<void, ConnectionError> begin(const RedisCommands& commands, RedisReplies& replies);
  /// Sends the rest and reads what has come; true: all replies are there, and the connection is as good as after
  /// exchange(). False: again when the socket is ready for interest(). REQUIRES: begin() succeeded, and this has
  /// neither said true nor failed since.
  Expected<bool, ConnectionError> advance();
  /// So many replies to what was begun are complete.
  std::size_t replied() const { return sink_.complete; }
  EventLoop::Interest interest() const;
  /// The socket can be read although nothing is expected. True: it was nothing that matters (TLS talks to itself).
  /// False: the server has closed, or says what nobody asked. REQUIRES: not broken().
  bool staysQuiet();

  /// For a subscription, where messages come unasked: only sends. REQUIRES: not broken().
  Expected<void, ConnectionError> post(const RedisCommands& commands, SteadyTime deadline);
  /// Reads the messages that have come, at most kMaxMessages; waits until `deadline` for the first one. None is no
  /// error. REQUIRES: not broken(), and no exchange() afterwards.
  Expected<void, ConnectionError> listen(RedisReplies& messages, SteadyTime deadline);
  static constexpr std::size_t kMaxMessages = 256;

  /// After this failure: a rejection, if the server said an error before it closed, having no place for us, say; else
  /// the failure itself. `replies` are those of the exchange that failed.
  ConnectionError rejectionOr(ConnectionError failure, const RedisReplies& replies) const;
  bool broken() const { return broken_; }
  int fd() const { return link_->fd(); }

 private:
  Expected<void, ConnectionError> run(const RedisCommands& commands, RedisReplies& replies, SteadyTime now,
                                      SteadyTime deadline);
  void expectReplies(const RedisCommands& commands, RedisReplies& replies);
  bool allReplied() const { return sink_.complete == sink_.replies->size(); }
  /// After the last reply.
  Expected<void, ConnectionError> checkNothingIsLeft();
  Expected<void, ConnectionError> send(std::string_view bytes, SteadyTime deadline);
  Expected<void, ConnectionError> sendUnsent();
  /// At least one byte into buffer_; how many.
  Expected<std::size_t, ConnectionError> receive(Link::Patience patience, SteadyTime deadline);
  /// One read into buffer_.
  Expected<Link::Progress, ConnectionError> receiveOnce(Link::Patience patience);
  bool waitForLink(Link::State wanted, SteadyTime deadline) const;
  Unexpected<ConnectionError> failureOfLink(Link::State state) const;
  Unexpected<ConnectionError> failureOfWrite(Link::State state);
  Expected<void, ConnectionError> waitForMessages(SteadyTime deadline);
  /// Feeds the parser and moves complete replies on; false: the bytes are not the protocol.
  bool parse(std::string_view bytes);
  /// Moves on the replies that are complete in the parser, as far as the sink has room.
  bool moveOn();
  ConnectionError parserError() const;

  struct FreeReader {
    void operator()(redisReader* reader) const;
  };
  /// Where the parser's callbacks put the reply that is being read: into its place among `replies`; or into `message`,
  /// which stays where it is when a message comes in pieces and `replies` are others for the next piece.
  struct Sink {
    RedisReplies* replies = nullptr;
    std::size_t complete = 0;
    RedisReply* message = nullptr;
  };
  friend struct ReplyBuilder;

  const Clock& clock_;
  const milliseconds command_timeout_;
  const std::unique_ptr<Link> link_;
  const std::unique_ptr<redisReader, FreeReader> reader_;
  Sink sink_;
  RedisReply message_;                            // of a subscription: the one that is being read
  std::string unsent_;                            // of the pipeline that was begun
  Link::State wanted_ = Link::State::kWantsRead;  // by what was begun
  bool broken_ = false;                           // for good, or until what was begun is answered
  bool received_any_ = false;                     // of the pipeline under way
  std::array<char, 64 * 1024> buffer_{};
};

}  // namespace sessiond
