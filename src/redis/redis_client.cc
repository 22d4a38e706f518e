#include "redis/redis_client.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "base/log.h"
#include "base/random.h"
#include "redis/redis_connection.h"

namespace sessiond {
namespace {

using namespace std::chrono_literals;

/// More are never idle at a time unless callers come and go in waves; beyond it they are closed.
constexpr std::size_t kMaxIdle = 64;
constexpr auto kLogInterval = 10s;
constexpr auto kElsewhereInterval = 1s;
constexpr int kMinimumMajorVersion = 6;

RedisAddress addressOf(const RedisSettings& config) {
  auto address = parseRedisUrl(config.url);
  SESSIOND_CHECK(address.hasValue());
  return *std::move(address);
}

Counter& errorCounter(MetricsRegistry& metrics, std::string_view kind) {
  return metrics.counter("sessiond_redis_errors_total", "Pipelines that got no answer from Redis.",
                         {{"kind", std::string(kind)}});
}

/// Redis quotes the arguments of a command that it does not know; those may be ids and values.
std::string_view withoutArguments(std::string_view error_text) {
  return error_text.substr(0, error_text.find(", with args"));
}

StoreError toStoreError(const ConnectionError& error) {
  return error.kind == ConnectionError::Kind::kTimeout ? StoreError::kTimeout : StoreError::kUnavailable;
}

/// Do they hold an error that a pipeline does more about than noting it?
bool haveMoreThanToBeNoted(const RedisReplies& replies) {
  return std::any_of(replies.begin(), replies.end(), [](const RedisReply& reply) {
    if (reply.type == RedisReply::Type::kArray) return haveMoreThanToBeNoted(reply.elements);
    if (reply.type != RedisReply::Type::kError) return false;
    const ErrorKind& kind = classifyError(reply.text);
    return kind.scope == ErrorScope::kServer || kind.meaning == ErrorMeaning::kRetryElsewhere;
  });
}

/// What a new connection's failure means at start.
StartupReport reportOf(const ConnectionError& error, const std::string& server) {
  if (error.kind == ConnectionError::Kind::kRejected) {
    const ErrorKind& kind = classifyError(error.text);
    const auto outcome =
        kind.meaning == ErrorMeaning::kMisconfigured ? StartupProbe::kMisconfigured : StartupProbe::kUnreachable;
    return {outcome, std::string(kind.advice) + " (" + server + " says: " + error.text + ")"};
  }
  return {StartupProbe::kUnreachable, "redis: " + server + " is not reachable: " + error.text};
}

/// The `version` in a reply to HELLO 2: server, redis, version, 7.0.15, ...
std::string_view versionIn(const RedisReply& hello) {
  for (std::size_t i = 0; i + 1 < hello.elements.size(); i += 2)
    if (hello.elements[i].text == "version") return hello.elements[i + 1].text;
  return {};
}

StartupReport judgeVersion(const RedisReply& hello, const std::string& server) {
  constexpr std::string_view kMissing =
      ", but sessiond needs 6.0 or newer; missing: SET KEEPTTL, ACL users, CLIENT TRACKING";
  if (hello.type == RedisReply::Type::kError) {
    const ErrorKind& kind = classifyError(hello.text);
    if (kind.code == "ERR unknown command")
      return {StartupProbe::kMisconfigured, "redis: " + server + " is older than 6.0" + std::string(kMissing)};
    // An ACL user that may not ask for the version is no reason not to start.
    if (kind.scope == ErrorScope::kCommand) return {};
    return reportOf({ConnectionError::Kind::kRejected, hello.text}, server);
  }
  const std::string_view version = versionIn(hello);
  int major = 0;
  const bool known = std::from_chars(version.data(), version.data() + version.size(), major).ec == std::errc();
  if (!known || major >= kMinimumMajorVersion) return {};
  return {StartupProbe::kMisconfigured,
          "redis: " + server + " has version " + std::string(version) + std::string(kMissing)};
}

}  // namespace

RedisClient::Counters::Counters(MetricsRegistry& metrics)
    : connect(errorCounter(metrics, "connect")),
      timeout(errorCounter(metrics, "timeout")),
      closed(errorCounter(metrics, "closed")),
      broken(errorCounter(metrics, "broken")),
      refused(errorCounter(metrics, "breaker_open")),
      opened(metrics.counter("sessiond_redis_connections_opened_total", "Connections to Redis opened.")),
      breaker_opened(metrics.counter("sessiond_redis_breaker_opened_total", "Times the circuit breaker opened.")),
      latency(metrics.histogram("sessiond_redis_pipeline_seconds", "Time of one pipeline, connecting included.")) {
  for (std::size_t i = 0; i < kErrorKinds; ++i) {
    const std::string_view code = errorKind(i).code;
    replies.push_back(&metrics.counter("sessiond_redis_error_replies_total", "Error replies from Redis.",
                                       {{"code", code.empty() ? "other" : std::string(code)}}));
  }
}

RedisClient::RedisClient(const RedisSettings& config, const Clock& clock, MetricsRegistry& metrics)
    : clock_(clock),
      address_(addressOf(config)),
      server_(address_.name()),
      user_(config.user.empty() ? address_.user : config.user),
      password_(config.password.clone()),
      connect_timeout_(std::max(config.connect_timeout, milliseconds(1))),
      command_timeout_(std::max(config.command_timeout, milliseconds(1))),
      connector_(address_, clock),
      breaker_(config.breaker, clock, randomBelow),
      counters_(metrics),
      failure_log_(kLogInterval),
      elsewhere_(kElsewhereInterval) {
  for (std::size_t i = 0; i < kErrorKinds; ++i) reply_log_.push_back(std::make_unique<IntervalGate>(kLogInterval));
}

RedisClient::~RedisClient() = default;

/// Owns the connection: destroyed before all is answered, it closes it, because the answers are still to come.
class RedisClient::BegunPipeline final : public Pending {
 public:
  BegunPipeline(RedisClient& client, Pooled pooled, const RedisReplies& replies, SteadyTime start)
      : client_(client), pooled_(std::move(pooled)), replies_(replies), start_(start) {}
  BegunPipeline(const BegunPipeline&) = delete;
  BegunPipeline& operator=(const BegunPipeline&) = delete;
  ~BegunPipeline() override {
    if (!pooled_.connection->broken()) client_.giveBack(std::move(pooled_));
  }

  int fd() const override { return pooled_.connection->fd(); }
  SteadyTime deadline() const override { return start_ + client_.command_timeout_; }
  State advance() override {
    const auto complete = pooled_.connection->advance();
    if (!complete) return State::kFailed;
    if (!*complete) return State::kWaiting;
    if (haveMoreThanToBeNoted(replies_)) return State::kFailed;
    client_.noteErrors(replies_);
    client_.counters_.latency.observe(client_.clock_.steadyNow() - start_);
    client_.noteChange(client_.breaker_.reportSuccess(), {});
    return State::kDone;
  }

 private:
  RedisClient& client_;
  Pooled pooled_;
  const RedisReplies& replies_;
  const SteadyTime start_;
};

std::unique_ptr<Pending> RedisClient::beginPipeline(const RedisCommands& commands, RedisReplies& replies) {
  if (breaker_.isOpen()) return nullptr;
  Pooled pooled = takeIdle();
  if (pooled.connection == nullptr) return nullptr;
  if (!pooled.connection->begin(commands, replies)) return nullptr;
  return std::make_unique<BegunPipeline>(*this, std::move(pooled), replies, clock_.steadyNow());
}

Expected<void, StoreError> RedisClient::pipeline(const RedisCommands& commands, Repeat repeat, RedisReplies& replies) {
  const SteadyTime now = clock_.steadyNow();
  return pipeline(commands, repeat, replies, now, now + connect_timeout_ + command_timeout_);
}

Expected<void, StoreError> RedisClient::pipeline(const RedisCommands& commands, Repeat repeat, RedisReplies& replies,
                                                 SteadyTime deadline) {
  return pipeline(commands, repeat, replies, clock_.steadyNow(), deadline);
}

Expected<void, StoreError> RedisClient::pipeline(const RedisCommands& commands, Repeat repeat, RedisReplies& replies,
                                                 SteadyTime start, SteadyTime deadline) {
  auto permission = breaker_.attempt();
  if (!permission) {
    counters_.refused.add();
    return Unexpected(StoreError::kUnavailable);
  }
  const auto done = attempt(commands, repeat, replies, start, deadline);
  counters_.latency.observe(clock_.steadyNow() - start);
  if (!done) {
    noteFailure(done.error());
    noteChange(permission.failed(), done.error().text);
    return Unexpected(toStoreError(done.error()));
  }
  const ErrorKind* const worst = noteErrors(replies);
  if (worst != nullptr && worst->scope == ErrorScope::kServer) {
    noteChange(permission.failed(), worst->code);
    return Unexpected(StoreError::kUnavailable);
  }
  noteChange(permission.succeeded(), {});
  return {};
}

Expected<void, ConnectionError> RedisClient::attempt(const RedisCommands& commands, Repeat repeat,
                                                     RedisReplies& replies, SteadyTime start, SteadyTime deadline) {
  SteadyTime now = start;
  Pooled pooled = takeIdle();
  if (pooled.connection != nullptr) {
    auto done = exchange(pooled, commands, replies, now, deadline);
    const bool stale = !done && done.error().kind == ConnectionError::Kind::kClosed;
    const bool elsewhere = done && shouldTryElsewhere(replies, start);
    if (!done || elsewhere) dropIdle();  // what happened to this connection has likely happened to all
    if (repeat == Repeat::kUnsafe || (!stale && !elsewhere)) {
      if (done) giveBack(std::move(pooled));
      return done;
    }
    pooled.connection.reset();
  }
  auto connected = connect(deadline);
  if (!connected) return Unexpected(connected.error());
  pooled = *std::move(connected);
  now = clock_.steadyNow();
  auto done = exchange(pooled, commands, replies, now, deadline);
  if (done) giveBack(std::move(pooled));
  return done;
}

Expected<void, ConnectionError> RedisClient::exchange(Pooled& pooled, const RedisCommands& commands,
                                                      RedisReplies& replies, SteadyTime now, SteadyTime deadline) {
  return pooled.connection->exchange(commands, replies, now, std::min(deadline, now + command_timeout_));
}

bool RedisClient::shouldTryElsewhere(const RedisReplies& replies, SteadyTime now) {
  const auto asks_for_it = [](const RedisReply& reply) {
    return reply.type == RedisReply::Type::kError && classifyError(reply.text).meaning == ErrorMeaning::kRetryElsewhere;
  };
  return std::any_of(replies.begin(), replies.end(), asks_for_it) && elsewhere_.pass(now);
}

Expected<RedisClient::Pooled, ConnectionError> RedisClient::connect(SteadyTime deadline) {
  const std::uint64_t generation = generation_.load(std::memory_order_relaxed);
  const SteadyTime connect_deadline = std::min(deadline, clock_.steadyNow() + connect_timeout_);
  auto socket = connector_.connect(connect_deadline);
  if (!socket) return Unexpected(ConnectionError{ConnectionError::Kind::kUnreachable, socket.error()});
  const SteadyTime now = clock_.steadyNow();
  auto connection = std::make_unique<RedisConnection>(*std::move(socket), command_timeout_, clock_);
  if (auto greeted = connection->greet(user_, password_, address_.database, now, connect_deadline); !greeted)
    return Unexpected(greeted.error());
  counters_.opened.add();
  return Pooled{std::move(connection), generation};
}

RedisClient::Pooled RedisClient::takeIdle() {
  auto idle = idle_.lock();
  if (idle->empty()) return {};
  Pooled pooled = std::move(idle->back());
  idle->pop_back();
  return pooled;
}

void RedisClient::giveBack(Pooled pooled) {
  SESSIOND_CHECK(!pooled.connection->broken());  // what is still to come on it would answer somebody else
  if (pooled.generation != generation_.load(std::memory_order_relaxed)) return;
  auto idle = idle_.lock();
  if (idle->size() < kMaxIdle) idle->push_back(std::move(pooled));
}

void RedisClient::dropIdle() {
  generation_.fetch_add(1, std::memory_order_relaxed);
  std::vector<Pooled> dropped;  // closed after the lock is gone
  std::swap(*idle_.lock(), dropped);
}

const ErrorKind* RedisClient::noteErrors(const RedisReplies& replies) {
  const ErrorKind* worst = nullptr;
  for (const RedisReply& reply : replies) {
    if (reply.type == RedisReply::Type::kError) {
      const ErrorKind& kind = classifyError(reply.text);
      noteErrorReply(kind, reply.text);
      if (worst == nullptr || kind.scope == ErrorScope::kServer) worst = &kind;
    } else if (reply.type == RedisReply::Type::kArray) {
      const ErrorKind* const inner = noteErrors(reply.elements);  // what EXEC gives back
      if (worst == nullptr) worst = inner;
    }
  }
  return worst;
}

void RedisClient::noteErrorReply(const ErrorKind& kind, std::string_view text) {
  counters_.replies[kind.index]->add();
  if (reply_log_[kind.index]->pass(clock_.steadyNow()))
    logWarn(kind.advice, {{"server", server_}, {"error", withoutArguments(text)}});
}

void RedisClient::noteFailure(const ConnectionError& error) {
  switch (error.kind) {
    case ConnectionError::Kind::kUnreachable:
      counters_.connect.add();
      break;
    case ConnectionError::Kind::kTimeout:
      counters_.timeout.add();
      break;
    case ConnectionError::Kind::kClosed:
      counters_.closed.add();
      break;
    case ConnectionError::Kind::kBroken:
      counters_.broken.add();
      break;
    case ConnectionError::Kind::kRejected:
      counters_.connect.add();
      noteErrorReply(classifyError(error.text), error.text);
      return;
  }
  if (failure_log_.pass(clock_.steadyNow())) logWarn("redis: no answer", {{"server", server_}, {"error", error.text}});
}

void RedisClient::noteChange(CircuitBreaker::Change change, std::string_view reason) {
  switch (change) {
    case CircuitBreaker::Change::kNone:
      break;
    case CircuitBreaker::Change::kOpened:
      counters_.breaker_opened.add();
      logError("redis: not usable; requests that need it are refused at once until it is back",
               {{"server", server_}, {"error", reason}});
      break;
    case CircuitBreaker::Change::kClosed:
      logInfo("redis: usable again", {{"server", server_}});
      break;
  }
}

Expected<std::unique_ptr<RedisConnection>, ConnectionError> RedisClient::dial() {
  auto connected = connect(newDeadline());
  if (!connected) return Unexpected(connected.error());
  // Nobody had asked the breaker, and the server answers: whoever waits for it to come back need not any longer.
  if (breaker_.isOpen()) noteChange(breaker_.reportSuccess(), {});
  return std::move(connected->connection);
}

bool RedisClient::reachable() {
  RedisCommands commands;
  commands.add({"PING"});
  RedisReplies replies;
  return pipeline(commands, Repeat::kSafe, replies).hasValue();
}

StartupReport RedisClient::probe() {
  const SteadyTime deadline = newDeadline();
  auto connected = connect(deadline);
  if (!connected) return reportOf(connected.error(), server_);
  RedisCommands commands;
  commands.add({"HELLO", "2"});  // without it the protocol is the same; asked for the version in the reply
  commands.add({"PING"});
  RedisReplies replies;
  if (auto done = exchange(*connected, commands, replies, clock_.steadyNow(), deadline); !done)
    return reportOf(done.error(), server_);
  if (StartupReport report = judgeVersion(replies[0], server_); report.outcome != StartupProbe::kOk) return report;
  const RedisReply& ping = replies[1];
  if (ping.type == RedisReply::Type::kError && classifyError(ping.text).scope == ErrorScope::kServer)
    return reportOf({ConnectionError::Kind::kRejected, ping.text}, server_);
  giveBack(*std::move(connected));
  return {};
}

}  // namespace sessiond
