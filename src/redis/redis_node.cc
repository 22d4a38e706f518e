#include "redis/redis_node.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/check.h"
#include "base/random.h"

namespace sessiond {
namespace {

constexpr milliseconds kGreatestAge{60'000};

TlsSettings tlsOf(const RedisSettings& config) {
  TlsSettings tls = config.tls;
  if (config.sentinel.used()) tls.asked_by = TlsSettings::kBySentinel;
  if (config.cluster.used()) tls.asked_by = TlsSettings::kByCluster;
  return tls;
}

/// Nothing: sentinels have it.
std::optional<RedisAddress> addressIn(const RedisSettings& config) {
  if (config.sentinel.used()) return std::nullopt;
  auto address = parseRedisUrl(config.url);
  SESSIOND_CHECK(address.hasValue());
  return *std::move(address);
}

}  // namespace

RedisNode::RedisNode(const RedisSettings& config, std::string probe_key, const Clock& clock, MetricsRegistry& metrics)
    : RedisNode(config, addressIn(config), std::move(probe_key), clock, metrics) {}

RedisNode::RedisNode(const RedisSettings& config, const std::optional<RedisAddress>& address, std::string probe_key,
                     const Clock& clock, MetricsRegistry& metrics)
    : clock_(clock),
      topology_(config.topology()),
      tls_(tlsOf(config)),
      connect_timeout_(std::max(config.connect_timeout, milliseconds(1))),
      command_timeout_(std::max(config.command_timeout, milliseconds(1))),
      place_("the primary " + config.sentinel.master),
      breaker_(config.breaker, clock, randomBelow),
      role_(config),
      greeting_(config, address, role_, clock, metrics),
      writes_(topology_, std::move(probe_key)),
      reports_(place_, topology_, clock, metrics) {
  if (address) {
    place_.moveTo(*address, {}, tls_, clock);
    vouch(SteadyTime::max());
  }
  reports_.countByServer();
}

void RedisNode::moveTo(const RedisAddress& address, const std::string& told_by) {
  place_.moveTo(address, told_by, tls_, clock_);
  reports_.countByServer();
  becomeAnother();
}

void RedisNode::renewPlace(std::uint64_t term) {
  if (place_.renew(term)) becomeAnother();
}

void RedisNode::becomeAnother() {
  writes_.forget();
  static_cast<void>(breaker_.reportSuccess());  // what failed was the other server
  // Only now, so that whoever connects anew because of it is not led to the old place.
  observers_.tellMoved();
}

milliseconds RedisNode::newAgeLimit() {
  return kGreatestAge - milliseconds(randomBelow(static_cast<std::uint32_t>(kGreatestAge.count() / 4)));
}

const ErrorKind* RedisNode::noteErrors(const RedisReplies& replies) {
  writes_.hear(replies);
  return reports_.noteErrors(replies);
}

void RedisNode::noteGoodNews() {
  if (breaker_.isOpen()) reports_.noteChange(breaker_.reportSuccess(), {});
}

}  // namespace sessiond
