#include "redis/redis_connection.h"

#include <hiredis/hiredis.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "base/check.h"
#include "redis/redis_connector.h"

namespace sessiond {

using Done = Expected<void, ConnectionError>;

namespace {

/// The parser moves what it has not read yet to the front after every kilobyte; small slices keep that cheap.
constexpr std::size_t kSlice = 8 * 1024;
/// Nothing we ask for comes near; more means that the peer is no Redis or that somebody stores monsters.
constexpr std::size_t kMaxReplyBytes = std::size_t{64} << 20;
constexpr std::size_t kMaxElements = 1 << 20;

Unexpected<ConnectionError> failure(ConnectionError::Kind kind, std::string text) {
  return Unexpected(ConnectionError{kind, std::move(text)});
}

Unexpected<ConnectionError> timeout() {
  return failure(ConnectionError::Kind::kTimeout, "no answer in time");
}

}  // namespace

/// The parser's callbacks: they write into the sink's replies instead of allocating objects of hiredis. They are
/// called from C, so nothing may be thrown through them: a null pointer makes the parser fail.
struct ReplyBuilder {
  using Sink = RedisConnection::Sink;
#if HIREDIS_MAJOR >= 1
  using ElementCount = std::size_t;
#else
  using ElementCount = int;
#endif

  static RedisReply* slot(const redisReadTask* task) noexcept {
    if (task->parent != nullptr)
      return &static_cast<RedisReply*>(task->parent->obj)->elements[static_cast<std::size_t>(task->idx)];
    auto* sink = static_cast<Sink*>(task->privdata);
    return sink->complete < sink->replies->size() ? &(*sink->replies)[sink->complete] : nullptr;
  }

  static void* createString(const redisReadTask* task, char* bytes, std::size_t size) noexcept try {
    RedisReply* const reply = slot(task);
    if (reply == nullptr) return nullptr;
    reply->type = task->type == REDIS_REPLY_ERROR    ? RedisReply::Type::kError
                  : task->type == REDIS_REPLY_STATUS ? RedisReply::Type::kStatus
                                                     : RedisReply::Type::kString;
    reply->text.assign(bytes, size);
    return reply;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }

  static void* createArray(const redisReadTask* task, ElementCount count) noexcept try {
    RedisReply* const reply = slot(task);
    if (reply == nullptr || count > static_cast<ElementCount>(kMaxElements)) return nullptr;
    reply->type = RedisReply::Type::kArray;
    reply->elements.resize(static_cast<std::size_t>(count));
    return reply;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }

  static void* createInteger(const redisReadTask* task, long long value) noexcept {
    RedisReply* const reply = slot(task);
    if (reply == nullptr) return nullptr;
    reply->type = RedisReply::Type::kInteger;
    reply->integer = value;
    return reply;
  }

  static void* createNil(const redisReadTask* task) noexcept {
    RedisReply* const reply = slot(task);
    if (reply == nullptr) return nullptr;
    reply->type = RedisReply::Type::kNil;
    return reply;
  }

  /// The replies belong to the sink.
  static void freeObject(void* /*reply*/) noexcept {}

  static redisReplyObjectFunctions* functions() {
    static redisReplyObjectFunctions table = [] {
      redisReplyObjectFunctions callbacks{};
      callbacks.createString = createString;
      callbacks.createArray = createArray;
      callbacks.createInteger = createInteger;
      callbacks.createNil = createNil;
      callbacks.freeObject = freeObject;
      return callbacks;
    }();
    return &table;
  }
};

void RedisConnection::FreeContext::operator()(redisContext* context) const {
  redisFree(context);
}

RedisConnection::RedisConnection(UniqueFd socket, milliseconds command_timeout, const Clock& clock)
    : clock_(clock), command_timeout_(command_timeout), context_(redisConnectFd(socket.get())) {
  SESSIOND_CHECK(context_ != nullptr && context_->reader != nullptr);
  const int fd = socket.release();
  context_->reader->fn = ReplyBuilder::functions();
  context_->reader->privdata = &sink_;
  // The kernel's own time limit spares a poll() in the common case; see receive().
  const timeval limit{.tv_sec = command_timeout.count() / 1000, .tv_usec = command_timeout.count() % 1000 * 1000};
  SESSIOND_CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
}

RedisConnection::~RedisConnection() = default;

std::optional<std::string> RedisConnection::lastWords(const RedisReplies& replies) const {
  if (sink_.complete == 0 || replies[0].type != RedisReply::Type::kError) return std::nullopt;
  return replies[0].text;
}

Done RedisConnection::exchange(const RedisCommands& commands, RedisReplies& replies, SteadyTime now,
                               SteadyTime deadline) {
  SESSIOND_CHECK(!broken_);
  Done done = run(commands, replies, now, deadline);
  broken_ = !done;
  return done;
}

Done RedisConnection::run(const RedisCommands& commands, RedisReplies& replies, SteadyTime now, SteadyTime deadline) {
  expectReplies(commands, replies);
  if (Done sent = send(commands.bytes(), deadline); !sent) {
    if (auto last_words = receive(false, now)) parse({buffer_.data(), *last_words});
    return sent;
  }
  bool whole_budget = deadline - now >= command_timeout_;
  while (!allReplied()) {
    auto size = receive(whole_budget, deadline);
    if (!size) return Unexpected(size.error());
    whole_budget = false;
    if (!parse({buffer_.data(), *size})) return Unexpected(parserError());
  }
  return checkNothingIsLeft();
}

Done RedisConnection::begin(const RedisCommands& commands, RedisReplies& replies) {
  SESSIOND_CHECK(!broken_);
  broken_ = true;
  expectReplies(commands, replies);
  auto sent = sendNow(commands.bytes());
  if (!sent) return Unexpected(sent.error());
  if (*sent < commands.bytes().size()) return failure(ConnectionError::Kind::kTimeout, "cannot be sent at once");
  return {};
}

Expected<bool, ConnectionError> RedisConnection::advance() {
  while (!allReplied()) {
    auto size = receiveOnce(MSG_DONTWAIT);
    if (!size) return Unexpected(size.error());
    if (*size == 0) return false;
    if (!parse({buffer_.data(), *size})) return Unexpected(parserError());
  }
  if (Done clean = checkNothingIsLeft(); !clean) return Unexpected(clean.error());
  broken_ = false;
  return true;
}

int RedisConnection::fd() const {
  return context_->fd;
}

void RedisConnection::expectReplies(const RedisCommands& commands, RedisReplies& replies) {
  replies.resize(commands.count());
  sink_ = {.replies = &replies, .complete = 0};
  received_any_ = false;
}

Done RedisConnection::checkNothingIsLeft() const {
  if (context_->reader->pos == context_->reader->len) return {};
  return failure(ConnectionError::Kind::kBroken, "more answers than questions");
}

Done RedisConnection::post(const RedisCommands& commands, SteadyTime deadline) {
  SESSIOND_CHECK(!broken_);
  Done done = send(commands.bytes(), deadline);
  broken_ = !done;
  return done;
}

Done RedisConnection::listen(RedisReplies& messages, SteadyTime deadline) {
  SESSIOND_CHECK(!broken_);
  messages.resize(kMaxMessages);
  sink_ = {.replies = &messages, .complete = 0};
  Done done = waitForMessages(deadline);
  broken_ = !done;
  messages.resize(sink_.complete);
  return done;
}

Done RedisConnection::waitForMessages(SteadyTime deadline) {
  if (!moveOn()) return Unexpected(parserError());
  while (sink_.complete == 0) {
    if (!waitFor(context_->fd, POLLIN, deadline, clock_)) return {};
    auto size = receive(false, deadline);
    if (!size) return Unexpected(size.error());
    if (!parse({buffer_.data(), *size})) return Unexpected(parserError());
  }
  return {};
}

Done RedisConnection::send(std::string_view bytes, SteadyTime deadline) {
  while (!bytes.empty()) {
    auto sent = sendNow(bytes);
    if (!sent) return Unexpected(sent.error());
    if (*sent == 0 && !waitFor(context_->fd, POLLOUT, deadline, clock_)) return timeout();
    bytes.remove_prefix(*sent);
  }
  return {};
}

Expected<std::size_t, ConnectionError> RedisConnection::sendNow(std::string_view bytes) {
  for (;;) {
    const ssize_t sent = ::send(context_->fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return static_cast<std::size_t>(sent);
    if (errno == EAGAIN) return std::size_t{0};
    if (errno != EINTR) return failure(ConnectionError::Kind::kClosed, strerrordesc_np(errno));
  }
}

Expected<std::size_t, ConnectionError> RedisConnection::receive(bool whole_budget, SteadyTime deadline) {
  for (;;) {
    auto size = receiveOnce(whole_budget ? 0 : MSG_DONTWAIT);
    if (!size || *size > 0) return size;
    if (whole_budget && errno == EAGAIN) return timeout();
    whole_budget = false;
    if (!waitFor(context_->fd, POLLIN, deadline, clock_)) return timeout();
  }
}

Expected<std::size_t, ConnectionError> RedisConnection::receiveOnce(int flags) {
  const ssize_t size = recv(context_->fd, buffer_.data(), buffer_.size(), flags);
  if (size > 0) {
    received_any_ = true;
    return static_cast<std::size_t>(size);
  }
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return std::size_t{0};
  const auto kind = received_any_ ? ConnectionError::Kind::kBroken : ConnectionError::Kind::kClosed;
  return failure(kind, size == 0 ? "the server closed the connection" : strerrordesc_np(errno));
}

bool RedisConnection::parse(std::string_view bytes) {
  redisReader* const reader = context_->reader;
  while (!bytes.empty()) {
    const std::string_view slice = bytes.substr(0, kSlice);
    bytes.remove_prefix(slice.size());
    if (redisReaderFeed(reader, slice.data(), slice.size()) != REDIS_OK) return false;
    if (!moveOn()) return false;
    if (reader->len - reader->pos > kMaxReplyBytes) return false;
  }
  return true;
}

bool RedisConnection::moveOn() {
  // Not asked again once all are there: the parser would swallow the first byte of what is too much.
  for (void* reply = this; reply != nullptr && sink_.complete < sink_.replies->size();) {
    if (redisReaderGetReply(context_->reader, &reply) != REDIS_OK) return false;
    if (reply != nullptr) ++sink_.complete;
  }
  return true;
}

ConnectionError RedisConnection::parserError() const {
  const std::string_view problem = context_->reader->errstr;
  return {ConnectionError::Kind::kBroken, problem.empty() ? "answer too large" : std::string(problem)};
}

}  // namespace sessiond
