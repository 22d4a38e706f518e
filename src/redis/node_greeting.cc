#include "redis/node_greeting.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

#include "redis/error_reply.h"

namespace sessiond {
namespace {

constexpr std::chrono::seconds kPlainFor{5};

constexpr auto kOfNewcomersOnly =
    std::to_array<std::string_view>({"ERR max number of clients", "NOAUTH", "WRONGPASS", "ERR AUTH"});

bool wasCut(const ConnectionError& error) {
  return error.kind == ConnectionError::Kind::kClosed || error.kind == ConnectionError::Kind::kBroken;
}

}  // namespace

NodeGreeting::NodeGreeting(const RedisSettings& config, const std::optional<RedisAddress>& address,
                           const NodeRole& role, const Clock& clock, MetricsRegistry& metrics)
    : role_(role),
      clock_(clock),
      database_(address ? address->database : config.sentinel.database),
      user_(address && config.user.empty() ? address->user : config.user),
      password_(config.password.clone()),
      opened_(metrics.counter("sessiond_redis_connections_opened_total", "Connections to Redis opened.")) {}

/// Who has no password is somebody else all the same, but for whom everybody is at first.
bool NodeGreeting::logsIn() const {
  return !password_.empty() || (!user_.empty() && user_ != "default");
}

std::size_t NodeGreeting::required() const {
  return (logsIn() ? 1U : 0U) + (database_ == 0 ? 0U : 1U);
}

RedisCommands NodeGreeting::commands(bool plainly) const {
  RedisCommands commands;
  commands.reserveForSecret();
  if (logsIn() && !user_.empty()) commands.add({"AUTH", user_, password_.reveal()});
  if (logsIn() && user_.empty()) commands.add({"AUTH", password_.reveal()});
  if (database_ != 0) commands.add({"SELECT", std::to_string(database_)});
  if (plainly && commands.count() == 0) commands.add({"PING"});
  if (plainly) return commands;
  commands.add({"CLIENT", "SETNAME", "sessiond"});
  NodeRole::ask(commands);
  return commands;
}

bool NodeGreeting::isPlain() const {
  return clock_.steadyNow().time_since_epoch().count() < plain_until_.load(std::memory_order_relaxed);
}

Expected<bool, ConnectionError> NodeGreeting::judge(const RedisReplies& replies, bool was_plain) {
  for (std::size_t i = 0; i < replies.size(); ++i) {
    if (replies[i].type != RedisReply::Type::kError) continue;
    // A server that does not let us have a name, or tells no role, is usable all the same, unless it is for a reason
    // that meets all.
    const bool is_needed = i < required() || (role_.mustBeTold() && i + 1 == replies.size());
    if (!is_needed && classifyError(replies[i].text).scope == ErrorScope::kCommand) continue;
    return Unexpected(rejection(replies[i].text));
  }
  hello_answered_.store(!was_plain && replies.back().type == RedisReply::Type::kArray, std::memory_order_relaxed);
  if (!was_plain && role_.isDeniedBy(replies.back())) return Unexpected(refusedByReplica());
  if (was_plain) {
    const SteadyTime until = clock_.steadyNow() + kPlainFor;
    plain_until_.store(until.time_since_epoch().count(), std::memory_order_relaxed);
  }
  opened_.add();
  opened_before_.store(true, std::memory_order_relaxed);
  return !was_plain && NodeRole::isToldBy(replies.back());
}

bool NodeGreeting::shouldBePlainAfter(const ConnectionError& error, bool was_plain) const {
  return !was_plain && !role_.mustBeTold() && wasCut(error);
}

bool NodeGreeting::speaksAgainstPresent(const ConnectionError& error) {
  if (error.kind != ConnectionError::Kind::kRejected) return false;
  return std::ranges::find(kOfNewcomersOnly, classifyError(error.text).code) == kOfNewcomersOnly.end();
}

ConnectionError NodeGreeting::explain(ConnectionError error, const NodePlace::Known& place) const {
  if (place.tls_asked_by.empty() || !wasCut(error) || opened_before_.load(std::memory_order_relaxed)) return error;
  const bool by_url = place.tls_asked_by == TlsSettings::kByUrl;
  error.text +=
      by_url ? "; does redis.url need rediss://?" : "; does " + std::string(place.tls_asked_by) + " have to be true?";
  return error;
}

}  // namespace sessiond
