#include "redis/redis_connection.h"

#include <hiredis/hiredis.h>
#include <poll.h>
#include <sys/socket.h>

#include <new>
#include <utility>

#include "base/check.h"
#include "redis/error_reply.h"
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

bool isFailure(Link::State state) {
  return state == Link::State::kClosed || state == Link::State::kRefused;
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

  /// Null also for what RESP2 has not: hiredis 1.x parses RESP3 as well, which nobody asks for
  /// (RedisConnectionTest.BreaksByRepliesOfKindsThatNobodyAskedFor).
  static RedisReply* slot(const redisReadTask* task) noexcept {
    if (task->type > REDIS_REPLY_ERROR) return nullptr;
    if (task->parent != nullptr)
      return &static_cast<RedisReply*>(task->parent->obj)->elements[static_cast<std::size_t>(task->idx)];
    auto* sink = static_cast<Sink*>(task->privdata);
    if (sink->message != nullptr) return sink->message;
    return sink->complete < sink->replies->size() ? &(*sink->replies)[sink->complete] : nullptr;
  }

  /// Replies are used again: what the one before held is not to be read as this one's.
  static void leaveNothingOf(RedisReply& before) noexcept {
    before.text.clear();
    before.elements.clear();
  }

  static void* createString(const redisReadTask* task, char* bytes, std::size_t size) noexcept try {
    RedisReply* const reply = slot(task);
    if (reply == nullptr) return nullptr;
    reply->type = task->type == REDIS_REPLY_ERROR    ? RedisReply::Type::kError
                  : task->type == REDIS_REPLY_STATUS ? RedisReply::Type::kStatus
                                                     : RedisReply::Type::kString;
    reply->text.assign(bytes, size);
    reply->elements.clear();
    return reply;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }

  static void* createArray(const redisReadTask* task, ElementCount count) noexcept try {
    RedisReply* const reply = slot(task);
    if (reply == nullptr || count > static_cast<ElementCount>(kMaxElements)) return nullptr;
    reply->type = RedisReply::Type::kArray;
    reply->text.clear();
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
    leaveNothingOf(*reply);
    return reply;
  }

  static void* createNil(const redisReadTask* task) noexcept {
    RedisReply* const reply = slot(task);
    if (reply == nullptr) return nullptr;
    reply->type = RedisReply::Type::kNil;
    leaveNothingOf(*reply);
    return reply;
  }

  // Without it, a reply of such a kind would be complete and what its place held before would be read as it.
  template <typename... Value>
  static void* createNothing(const redisReadTask* /*task*/, Value... /*value*/) noexcept {
    return nullptr;
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
#if HIREDIS_MAJOR >= 1
      callbacks.createDouble = createNothing;
      callbacks.createBool = createNothing;
#endif
      callbacks.freeObject = freeObject;
      return callbacks;
    }();
    return &table;
  }
};

void RedisConnection::FreeReader::operator()(redisReader* reader) const {
  redisReaderFree(reader);
}

RedisConnection::RedisConnection(std::unique_ptr<Link> link, milliseconds command_timeout, const Clock& clock)
    : clock_(clock),
      command_timeout_(command_timeout),
      link_(std::move(link)),
      reader_(redisReaderCreateWithFunctions(ReplyBuilder::functions())) {
  SESSIOND_CHECK(reader_ != nullptr);
  reader_->privdata = &sink_;
  // The kernel's own time limit spares a poll() in the common case; see receive().
  const timeval limit{.tv_sec = command_timeout.count() / 1000, .tv_usec = command_timeout.count() % 1000 * 1000};
  SESSIOND_CHECK(setsockopt(fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
}

RedisConnection::~RedisConnection() = default;

ConnectionError RedisConnection::rejectionOr(ConnectionError failure, const RedisReplies& replies) const {
  if (sink_.complete == 0 || replies[0].type != RedisReply::Type::kError) return failure;
  return rejection(replies[0].text);
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
  if (Done sent = send(commands.bytes(), deadline); !sent) return sent;
  auto patience = deadline - now >= command_timeout_ ? Link::Patience::kSocket : Link::Patience::kNone;
  while (!allReplied()) {
    auto size = receive(patience, deadline);
    if (!size) return Unexpected(size.error());
    patience = Link::Patience::kNone;
    if (!parse({buffer_.data(), *size})) return Unexpected(parserError());
  }
  return checkNothingIsLeft();
}

Done RedisConnection::begin(const RedisCommands& commands, RedisReplies& replies) {
  SESSIOND_CHECK(!broken_);
  broken_ = true;
  expectReplies(commands, replies);
  wanted_ = Link::State::kWantsRead;
  const Link::Progress sent = link_->write(commands.bytes());
  if (isFailure(sent.state)) return failureOfWrite(sent.state);
  unsent_ = commands.bytes().substr(sent.bytes);
  return {};
}

Done RedisConnection::sendUnsent() {
  while (!unsent_.empty()) {
    const Link::Progress sent = link_->write(unsent_);
    if (isFailure(sent.state)) return failureOfWrite(sent.state);
    if (sent.bytes == 0) return {};
    unsent_.erase(0, sent.bytes);
  }
  return {};
}

Expected<bool, ConnectionError> RedisConnection::advance() {
  if (Done sent = sendUnsent(); !sent) return Unexpected(sent.error());
  while (!allReplied()) {
    auto got = receiveOnce(Link::Patience::kNone);
    if (!got) return Unexpected(got.error());
    wanted_ = got->state;
    if (got->bytes == 0) return false;
    if (!parse({buffer_.data(), got->bytes})) return Unexpected(parserError());
  }
  if (Done clean = checkNothingIsLeft(); !clean) return Unexpected(clean.error());
  broken_ = false;
  return true;
}

EventLoop::Interest RedisConnection::interest() const {
  const bool writes = broken_ && (!unsent_.empty() || wanted_ == Link::State::kWantsWrite);
  return writes ? EventLoop::Interest::kBoth : EventLoop::Interest::kRead;
}

bool RedisConnection::staysQuiet() {
  SESSIOND_CHECK(!broken_);
  const auto got = receiveOnce(Link::Patience::kNone);
  return got && got->bytes == 0;
}

void RedisConnection::expectReplies(const RedisCommands& commands, RedisReplies& replies) {
  replies.resize(commands.count());
  sink_ = {.replies = &replies};
  unsent_.clear();
  received_any_ = false;
}

Done RedisConnection::checkNothingIsLeft() {
  bool is_more = !unsent_.empty() || reader_->pos != reader_->len;
  if (!is_more && link_->holdsMore()) {
    // Its end is no news here: the answers were complete.
    const auto got = receiveOnce(Link::Patience::kNone);
    is_more = got && got->bytes > 0;
  }
  if (!is_more) return {};
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
  sink_ = {.replies = &messages, .complete = 0, .message = &message_};
  Done done = waitForMessages(deadline);
  broken_ = !done;
  messages.resize(sink_.complete);
  return done;
}

Done RedisConnection::waitForMessages(SteadyTime deadline) {
  if (!moveOn()) return Unexpected(parserError());
  Link::State wanted = link_->holdsMore() ? Link::State::kDone : Link::State::kWantsRead;
  while (sink_.complete == 0) {
    if (wanted != Link::State::kDone && !waitForLink(wanted, deadline)) return {};
    auto got = receiveOnce(Link::Patience::kNone);
    if (!got) return Unexpected(got.error());
    wanted = got->state;
    if (!parse({buffer_.data(), got->bytes})) return Unexpected(parserError());
  }
  return {};
}

Done RedisConnection::send(std::string_view bytes, SteadyTime deadline) {
  while (!bytes.empty()) {
    const Link::Progress sent = link_->write(bytes);
    if (isFailure(sent.state)) return failureOfWrite(sent.state);
    if (sent.bytes == 0 && !waitForLink(sent.state, deadline)) return Unexpected(noAnswerInTime());
    bytes.remove_prefix(sent.bytes);
  }
  return {};
}

Expected<std::size_t, ConnectionError> RedisConnection::receive(Link::Patience patience, SteadyTime deadline) {
  for (;;) {
    auto got = receiveOnce(patience);
    if (!got) return Unexpected(got.error());
    if (got->bytes > 0) return got->bytes;
    patience = Link::Patience::kNone;
    if (got->state == Link::State::kTimeout || !waitForLink(got->state, deadline)) return Unexpected(noAnswerInTime());
  }
}

Expected<Link::Progress, ConnectionError> RedisConnection::receiveOnce(Link::Patience patience) {
  const Link::Progress got = link_->read(buffer_, patience);
  if (isFailure(got.state)) return failureOfLink(got.state);
  if (got.bytes > 0) received_any_ = true;
  return got;
}

bool RedisConnection::waitForLink(Link::State wanted, SteadyTime deadline) const {
  return pollUntil(fd(), wanted == Link::State::kWantsWrite ? POLLOUT : POLLIN, deadline, clock_);
}

/// The peer may have said why before it closed.
Unexpected<ConnectionError> RedisConnection::failureOfWrite(Link::State state) {
  Unexpected<ConnectionError> failed = failureOfLink(state);
  if (state == Link::State::kRefused) return failed;
  const Link::Progress last = link_->read(buffer_, Link::Patience::kNone);
  if (last.state == Link::State::kRefused) return failureOfLink(last.state);
  if (last.bytes > 0) parse({buffer_.data(), last.bytes});
  return failed;
}

Unexpected<ConnectionError> RedisConnection::failureOfLink(Link::State state) const {
  using Kind = ConnectionError::Kind;
  if (received_any_) return failure(Kind::kBroken, link_->problem());
  return failure(state == Link::State::kRefused ? Kind::kUnreachable : Kind::kClosed, link_->problem());
}

bool RedisConnection::parse(std::string_view bytes) {
  redisReader* const reader = reader_.get();
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
    if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) return false;
    if (reply == nullptr) break;
    if (sink_.message != nullptr) std::swap((*sink_.replies)[sink_.complete], *sink_.message);
    ++sink_.complete;
  }
  return true;
}

ConnectionError RedisConnection::parserError() const {
  const std::string_view problem = reader_->errstr;
  return {ConnectionError::Kind::kBroken, problem.empty() ? "answer too large" : std::string(problem)};
}

}  // namespace sessiond
