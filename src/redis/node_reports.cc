#include "redis/node_reports.h"

#include <chrono>
#include <string>

#include "base/log.h"

namespace sessiond {
namespace {

constexpr std::chrono::seconds kReportInterval{10};

Counter& errorCounter(MetricsRegistry& metrics, std::string_view kind) {
  return metrics.counter("sessiond_redis_errors_total", "Pipelines that got no answer from Redis.",
                         {{"kind", std::string(kind)}});
}

}  // namespace

NodeReports::Counters::Counters(MetricsRegistry& metrics)
    : connect(errorCounter(metrics, "connect")),
      timeout(errorCounter(metrics, "timeout")),
      closed(errorCounter(metrics, "closed")),
      broken(errorCounter(metrics, "broken")),
      refused(errorCounter(metrics, "breaker_open")),
      unvouched(errorCounter(metrics, "sentinels_silent")),
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

NodeReports::NodeReports(const NodePlace& place, TopologyKind topology, const Clock& clock, MetricsRegistry& metrics)
    : place_(place),
      topology_(topology),
      clock_(clock),
      metrics_(metrics),
      counters_(metrics),
      failure_log_(kReportInterval),
      unreplicated_log_(kReportInterval) {
  for (std::size_t i = 0; i < kErrorKinds; ++i) reply_log_.push_back(std::make_unique<OncePer>(kReportInterval));
}

void NodeReports::countByServer() {
  *server_errors_.lock() = metrics_.passingCounter(
      "sessiond_redis_server_errors_total", "Pipelines that this server did not answer, and connections it refused.",
      {{"server", place_.name()}});
}

const ErrorKind* NodeReports::noteErrors(const RedisReplies& replies) {
  const ErrorKind* worst = nullptr;
  for (const RedisReply& reply : replies) {
    if (reply.type != RedisReply::Type::kError) continue;
    const ErrorKind& kind = classifyError(reply.text);
    noteErrorReply(kind, reply.text);
    if (worst == nullptr || kind.scope == ErrorScope::kServer) worst = &kind;
  }
  return worst;
}

void NodeReports::noteErrorReply(const ErrorKind& kind, std::string_view text) {
  counters_.replies[kind.index]->add();
  if (isUsual(kind, topology_)) return;
  if (reply_log_[kind.index]->pass(clock_.steadyNow()))
    logWarn(adviceOn(kind, topology_), {{"server", place_.name()}, {"error", withoutArguments(text)}});
}

void NodeReports::noteFailure(const ConnectionError& error) {
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
    logWarn("redis: no answer", {{"server", place_.name()}, {"error", error.text}});
  } else {
    // Sentinels name addresses as they see them, which may not be how they are reached from here.
    logWarn("redis: no answer from the address that the sentinels name",
            {{"server", place->name}, {"sentinel", place->told_by}, {"error", error.text}});
  }
}

void NodeReports::noteUnreplicated(std::uint32_t reached, std::uint32_t wanted) {
  counters_.unreplicated.add();
  if (!unreplicated_log_.pass(clock_.steadyNow())) return;
  logWarn("logout: fewer replicas than logout.replicas have a revocation; a failover now could undo it",
          {{"server", place_.name()}, {"replicas", std::to_string(reached)}, {"wanted", std::to_string(wanted)}});
}

void NodeReports::noteChange(CircuitBreaker::Change change, std::string_view reason) {
  switch (change) {
    case CircuitBreaker::Change::kNone:
      break;
    case CircuitBreaker::Change::kOpened:
      counters_.breaker_opened.add();
      logError("redis: not usable; requests that need it are refused at once until it is back",
               {{"server", place_.name()}, {"error", reason}});
      break;
    case CircuitBreaker::Change::kClosed:
      logInfo("redis: usable again", {{"server", place_.name()}});
      break;
  }
}

}  // namespace sessiond
