#include "redis/redis_node.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"
#include "base/random.h"
#include "redis/error_reply.h"

namespace sessiond {
namespace {

using namespace std::chrono_literals;

constexpr auto kLogInterval = 10s;
constexpr auto kElsewhereInterval = 1s;
constexpr auto kPlainly = 5s;
constexpr milliseconds kGreatestAge = 60s;
constexpr std::string_view kNoReplicas = "NOREPLICAS";

Counter& errorCounter(MetricsRegistry& metrics, std::string_view kind) {
  return metrics.counter("sessiond_redis_errors_total", "Pipelines that got no answer from Redis.",
                         {{"kind", std::string(kind)}});
}

TlsSettings tlsOf(const RedisSettings& config) {
  TlsSettings tls = config.tls;
  if (config.sentinel.used()) tls.asked_by = TlsSettings::kBySentinel;
  if (config.cluster.used()) tls.asked_by = TlsSettings::kByCluster;
  return tls;
}

}  // namespace

StoreError toStoreError(const ConnectionError& error) {
  return error.kind == ConnectionError::Kind::kTimeout ? StoreError::kTimeout : StoreError::kUnavailable;
}

RedisNode::Counters::Counters(MetricsRegistry& metrics)
    : connect(errorCounter(metrics, "connect")),
      timeout(errorCounter(metrics, "timeout")),
      closed(errorCounter(metrics, "closed")),
      broken(errorCounter(metrics, "broken")),
      refused(errorCounter(metrics, "breaker_open")),
      unvouched(errorCounter(metrics, "sentinels_silent")),
      opened(metrics.counter("sessiond_redis_connections_opened_total", "Connections to Redis opened.")),
      breaker_opened(metrics.counter("sessiond_redis_breaker_opened_total", "Times the circuit breaker opened.")),
      unreplicated(metrics.counter("sessiond_redis_unreplicated_total",
                                   "Revocations that fewer replicas than logout.replicas had in time.")),
      latency(metrics.histogram("sessiond_redis_pipeline_seconds", "Time of one pipeline, connecting included.")) {
  for (std::size_t i = 0; i < kErrorKinds; ++i) {
    const std::string_view code = errorKind(i).code;
    replies.push_back(&metrics.counter("sessiond_redis_error_replies_total", "Error replies from Redis.",
                                       {{"code", code.empty() ? "other" : std::string(code)}}));
  }
}

RedisNode::RedisNode(const RedisSettings& config, std::string probe_key, const Clock& clock, MetricsRegistry& metrics)
    : clock_(clock),
      in_cluster_(config.cluster.used()),
      has_others_(config.sentinel.used() || in_cluster_),
      unknown_place_("the primary " + config.sentinel.master),
      probe_key_(std::move(probe_key)),
      tls_(tlsOf(config)),
      database_(config.sentinel.database),
      user_(config.user),
      password_(config.password.clone()),
      allow_replica_(config.allow_replica),
      connect_timeout_(std::max(config.connect_timeout, milliseconds(1))),
      command_timeout_(std::max(config.command_timeout, milliseconds(1))),
      breaker_(config.breaker, clock, randomBelow),
      metrics_(metrics),
      counters_(metrics),
      failure_log_(kLogInterval),
      elsewhere_(kElsewhereInterval),
      unreplicated_log_(kLogInterval) {
  for (std::size_t i = 0; i < kErrorKinds; ++i) reply_log_.push_back(std::make_unique<IntervalGate>(kLogInterval));
  if (config.sentinel.used()) {
    SESSIOND_CHECK(!probe_key_.lock()->empty());
    countByServer();
    return;
  }
  const auto address = parseRedisUrl(config.url);
  SESSIOND_CHECK(address.hasValue());
  database_ = address->database;
  if (user_.empty()) user_ = address->user;
  place_.moveTo(*address, {}, tls_, clock);
  countByServer();
  vouch(SteadyTime::max());
}

std::string RedisNode::server() const {
  const NodePlace::Ref place = place_.present();
  return place == nullptr ? unknown_place_ : place->name;
}

void RedisNode::moveTo(const RedisAddress& address, const std::string& told_by) {
  place_.moveTo(address, told_by, tls_, clock_);
  countByServer();
  lacks_replicas_.store(false, std::memory_order_release);
  static_cast<void>(breaker_.reportSuccess());  // what failed was the other server
  // Only now, so that whoever connects anew because of it is not led to the old place.
  followers_.tellMoved();
}

void RedisNode::countByServer() {
  *server_errors_.lock() = metrics_.passingCounter(
      "sessiond_redis_server_errors_total", "Pipelines that this server did not answer, and connections it refused.",
      {{"server", server()}});
}

milliseconds RedisNode::newAgeLimit() {
  return kGreatestAge - milliseconds(randomBelow(static_cast<std::uint32_t>(kGreatestAge.count() / 4)));
}

/// Who has no password is somebody else all the same, but for whom everybody is at first.
bool RedisNode::logsIn() const {
  return !password_.empty() || (!user_.empty() && user_ != "default");
}

std::size_t RedisNode::requiredOfGreeting() const {
  return (logsIn() ? 1U : 0U) + (database_ == 0 ? 0U : 1U);
}

RedisCommands RedisNode::greeting(bool plainly) const {
  RedisCommands commands;
  commands.reserveForSecret();
  if (logsIn() && !user_.empty()) commands.add({"AUTH", user_, password_.reveal()});
  if (logsIn() && user_.empty()) commands.add({"AUTH", password_.reveal()});
  if (database_ != 0) commands.add({"SELECT", std::to_string(database_)});
  if (plainly && commands.count() == 0) commands.add({"PING"});
  if (plainly) return commands;
  commands.add({"CLIENT", "SETNAME", "sessiond"});
  commands.add({"HELLO", "2"});
  return commands;
}

std::optional<ConnectionError> RedisNode::judgeGreeting(const RedisReplies& replies) {
  for (std::size_t i = 0; i < replies.size(); ++i) {
    if (replies[i].type != RedisReply::Type::kError) continue;
    // A server that does not let us have a name, or tells no role, is usable all the same, unless it is for a reason
    // that meets all.
    const bool is_needed = i < requiredOfGreeting() || (has_others_ && i + 1 == replies.size());
    if (!is_needed && classifyError(replies[i].text).scope == ErrorScope::kCommand) continue;
    return ConnectionError{ConnectionError::Kind::kRejected, std::string(withoutArguments(replies[i].text))};
  }
  if (replies.size() <= requiredOfGreeting()) {  // greeted plainly, with nothing but AUTH and SELECT
    tells_role_.store(false, std::memory_order_relaxed);
    return std::nullopt;
  }
  tells_role_.store(replies.back().type == RedisReply::Type::kArray, std::memory_order_relaxed);
  if (deniesRole(replies.back())) return refusedByReplica();
  return std::nullopt;
}

bool RedisNode::tellsRole(const RedisReplies& greeted) {
  return !greeted.empty() && !fieldOf(greeted.back(), "role").empty();
}

std::optional<ConnectionError> RedisNode::judgeShown(const RedisReply& written) {
  if (written.type != RedisReply::Type::kError) return std::nullopt;
  if (classifyError(written.text).code == kNoReplicas) return std::nullopt;  // no replica says so
  return ConnectionError{ConnectionError::Kind::kRejected, std::string(withoutArguments(written.text))};
}

bool RedisNode::deniesRole(const RedisReply& hello) const {
  const std::string_view role = fieldOf(hello, "role");
  if (has_others_) return role != "master";
  return !role.empty() && role != "master" && !allow_replica_;
}

bool RedisNode::greetsPlainly() const {
  return clock_.steadyNow().time_since_epoch().count() < plain_until_.load(std::memory_order_relaxed);
}

bool RedisNode::shouldGreetPlainlyAfter(const ConnectionError& error, bool was_plain) const {
  return !was_plain && !has_others_ &&
         (error.kind == ConnectionError::Kind::kClosed || error.kind == ConnectionError::Kind::kBroken);
}

ConnectionError RedisNode::explainGreeting(ConnectionError error) const {
  const NodePlace::Ref place = place_.present();
  const bool may_be_tls = place != nullptr && place->may_be_for_tls && !opened_before_.load(std::memory_order_relaxed);
  const bool is_closed = error.kind == ConnectionError::Kind::kClosed || error.kind == ConnectionError::Kind::kBroken;
  if (may_be_tls && is_closed) {
    const bool by_url = tls_.asked_by == TlsSettings::kByUrl;
    error.text +=
        by_url ? "; does redis.url need rediss://?" : "; does " + std::string(tls_.asked_by) + " have to be true?";
  }
  return error;
}

void RedisNode::noteOpened() {
  counters_.opened.add();
  opened_before_.store(true, std::memory_order_relaxed);
}

void RedisNode::noteGreetedPlainly() {
  const SteadyTime until = clock_.steadyNow() + kPlainly;
  plain_until_.store(until.time_since_epoch().count(), std::memory_order_relaxed);
}

std::string RedisNode::writeProbe(RedisCommands& commands) const {
  std::string key = *probe_key_.lock();
  commands.add({"DEL", key});
  return key;
}

bool RedisNode::judgeWrite(const RedisReply& reply) {
  if (reply.type != RedisReply::Type::kError) {
    lacks_replicas_.store(false, std::memory_order_release);
    return true;
  }
  const ErrorKind& kind = classifyError(reply.text);
  if (kind.code == kNoReplicas) lacks_replicas_.store(has_others_, std::memory_order_release);
  // Redis looks at its disk before it looks for replicas.
  const bool was_tried = !isUsual(kind) && !kind.code.starts_with("CLUSTERDOWN") && kind.code != "MISCONF";
  return (was_tried && kind.code != kNoReplicas) || !lacksReplicas();
}

void RedisNode::noteWrite(const RedisReply& reply, const std::string& key) const {
  if (misled_ == nullptr) return;
  if (const auto redirect = redirectIn(reply)) misled_(*redirect, key);
}

void RedisNode::noteGoodNews() {
  if (breaker_.isOpen()) noteChange(breaker_.reportSuccess(), {});
}

const ErrorKind* RedisNode::noteErrors(const RedisReplies& replies) {
  const ErrorKind* worst = nullptr;
  for (const RedisReply& reply : replies) {
    if (reply.type != RedisReply::Type::kError) continue;
    const ErrorKind& kind = classifyError(reply.text);
    noteErrorReply(kind, reply.text);
    if (worst == nullptr || kind.scope == ErrorScope::kServer) worst = &kind;
  }
  return worst;
}

/// A cluster says so day by day: whoever asked is led on.
bool RedisNode::isUsual(const ErrorKind& kind) const {
  return in_cluster_ && (kind.code == "MOVED" || kind.code == "ASK" || kind.code == "TRYAGAIN");
}

std::string_view RedisNode::adviceOn(const ErrorKind& kind) const {
  if (in_cluster_ && !kind.advice_in_cluster.empty()) return kind.advice_in_cluster;
  return has_others_ && !in_cluster_ && !kind.advice_behind_sentinels.empty() ? kind.advice_behind_sentinels
                                                                              : kind.advice;
}

void RedisNode::noteErrorReply(const ErrorKind& kind, std::string_view text) {
  if (has_others_ && kind.code == kNoReplicas) lacks_replicas_.store(true, std::memory_order_release);
  counters_.replies[kind.index]->add();
  if (isUsual(kind)) return;
  if (reply_log_[kind.index]->pass(clock_.steadyNow()))
    logWarn(adviceOn(kind), {{"server", server()}, {"error", withoutArguments(text)}});
}

void RedisNode::noteFailure(const ConnectionError& error) {
  noteLost();
  (*server_errors_.lock())->add();
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
  if (!failure_log_.pass(clock_.steadyNow())) return;
  const NodePlace::Ref place = place_.present();
  if (place == nullptr || place->told_by.empty()) {
    logWarn("redis: no answer", {{"server", server()}, {"error", error.text}});
  } else {
    // Sentinels name addresses as they see them, which may not be how they are reached from here.
    logWarn("redis: no answer from the address that the sentinels name",
            {{"server", place->name}, {"sentinel", place->told_by}, {"error", error.text}});
  }
}

void RedisNode::noteUnreplicated(std::uint32_t reached, std::uint32_t wanted) {
  counters_.unreplicated.add();
  if (!unreplicated_log_.pass(clock_.steadyNow())) return;
  logWarn("logout: fewer replicas than logout.replicas have a revocation; a failover now could undo it",
          {{"server", server()}, {"replicas", std::to_string(reached)}, {"wanted", std::to_string(wanted)}});
}

void RedisNode::noteChange(CircuitBreaker::Change change, std::string_view reason) {
  switch (change) {
    case CircuitBreaker::Change::kNone:
      break;
    case CircuitBreaker::Change::kOpened:
      counters_.breaker_opened.add();
      logError("redis: not usable; requests that need it are refused at once until it is back",
               {{"server", server()}, {"error", reason}});
      break;
    case CircuitBreaker::Change::kClosed:
      logInfo("redis: usable again", {{"server", server()}});
      break;
  }
}

bool RedisNode::asksElsewhere(const RedisReplies& replies) const {
  const auto asks_for_it = [](const RedisReply& reply) {
    return reply.type == RedisReply::Type::kError && classifyError(reply.text).meaning == ErrorMeaning::kRetryElsewhere;
  };
  return !allow_replica_ && std::any_of(replies.begin(), replies.end(), asks_for_it);
}

bool RedisNode::shouldTryElsewhere(const RedisReplies& replies, SteadyTime now) {
  return asksElsewhere(replies) && elsewhere_.pass(now);
}

}  // namespace sessiond
