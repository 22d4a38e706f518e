#include "site_sessions.h"

#include <chrono>
#include <cstddef>
#include <string>

#include "base/encoding.h"
#include "base/log.h"
#include "base/secret.h"
#include "redis/cluster_lane_store.h"
#include "redis/redis_lane_store.h"
#include "redis/redis_target.h"

namespace sessiond {

HmacKey logKeyOf(const Secret& secret) {
  return deriveKey(secret, "sessiond log pseudonyms");
}

SessionForm::SessionForm(const Config& config)
    : log_key(logKeyOf(config.session.secrets.front())),
      signer(config.session.secrets),
      extractor(config.extractionRules()),
      keys(config.session.key_prefix, config.sessiond.key_prefix),
      tombstones(TombstoneLifetime::from(config.session, config.cookie, config.logout)) {}

SessionMemory::SessionMemory(const Config& config, const RedisKeys& keys, const SharedParts& shared)
    : epoch(shared.lasting.epochs.at(targetOf(config.redis) + " " + keys.epoch())),
      trust(config.session.cache.max_staleness),
      cluster_trust(shared.redis.cluster() == nullptr
                        ? nullptr
                        : std::make_unique<ClusterTrust>(*shared.redis.cluster(), keys,
                                                         config.session.cache.max_staleness, shared.clock,
                                                         shared.metrics)),
      cache(cluster_trust ? SessionCache(config.session.cache, *cluster_trust)
                          : SessionCache(config.session.cache, trust)),
      membership(shared.lasting.caches, cache),
      throttle(config.session.touch_interval, 2 * std::size_t{config.session.cache.max_entries}),
      figures(shared.metrics) {}

SessionStores::SessionStores(SiteSessions& all, const Config& config, const SharedParts& shared)
    : redis(shared.redis.access(), config.session, all.form.keys, config.logout.replicas),
      for_burials(shared.redis.access(), config.session, all.form.keys),
      coherent(
          redis, shared.lasting.caches, shared.lasting.revoked, all.memory.epoch, shared.clock,
          [&all](const SessionId& id) { all.burials.wantTombstone(id); }, [&all] { return all.burials.renewals(); }),
      redis_index(shared.redis.access(), all.form.keys, config.logout.tombstone_lifetime) {}

SiteSessions::SiteSessions(const Config& config, const FactsReader::Stands& stands, const SharedParts& shared)
    : form(config),
      memory(config, form.keys, shared),
      stores(*this, config, shared),
      ender({config.session, form.tombstones, stores.coherent, index, form.log_key, shared.clock, shared.metrics}),
      index(stores.redis_index, shared.clock, shared.metrics,
            [this](std::string_view user_id, const auto& ids) { endMissed(user_id, ids); }),
      burials(stores.coherent, stores.for_burials, shared.lasting.revoked, form.log_key, shared.metrics,
              {.renewing =
                   [this, &redis = shared.redis] {
                     redis.renew();
                     index.mayBeLost();
                   },
               .ending =
                   [this](const SessionId& id, std::string_view why, const std::string& user_id) {
                     return user_id.empty() ? ender.end(std::span(&id, 1), why).hasValue()
                                            : ender.endListed(user_id, {id}, why).hasValue();
                   }}),
      ended(memory.cache, index, shared.clock),
      reader(
          form.extractor, form.tombstones, shared.lasting.revoked, memory.epoch, form.log_key, shared.metrics,
          [this](const SessionId& id, std::chrono::seconds ttl) { burials.bury(id, ttl); }, stands),
      single_server(memory.cluster_trust ? nullptr
                                         : std::make_unique<OneServer>(*this, *shared.redis.single(),
                                                                       config.session.cache.enabled, shared)),
      cluster_listening(memory.cluster_trust
                            ? std::make_unique<ClusterTrust::Listening>(*memory.cluster_trust, memory.cache, burials,
                                                                        config.session.cache.enabled)
                            : nullptr),
      finder(config.extractionRules(),
             {config.session, config.cookie, config.logout, form.signer, stores.coherent, shared.lasting.revoked,
              memory.epoch, shared.clock, form.log_key, shared.metrics, stands}),
      starter({config.session, config.cookie, form.extractor, form.signer, stores.coherent, shared.clock}) {}

OneServer::OneServer(SiteSessions& all, RedisClient& client, bool cache_enabled, const SharedParts& shared)
    : canaries(all.memory.trust, all.form.keys, shared.metrics),
      listener(cache_enabled ? std::make_unique<InvalidationListener>(
                                   client, all.form.keys, all.memory.cache, all.burials, canaries, shared.clock,
                                   shared.metrics, [this] { canaries.distrust(DistrustReason::kEverybody); })
                             : nullptr),
      registration(client.node().observers(), {.moved =
                                                   [this, &all] {
                                                     canaries.renewAll();
                                                     all.burials.renewAfterMove();
                                                   },
                                               .doubted = [this] { canaries.distrust(DistrustReason::kSentinels); },
                                               .lost =
                                                   [this, &all] {
                                                     // A subscription that stands anew has them renewed.
                                                     if (canaries.current() == nullptr) all.burials.renewAfterLoss();
                                                   }}) {
  if (!listener) all.burials.renew();
}

void SiteSessions::endSurely(const std::vector<SessionId>& ids, std::string_view why) {
  if (!ender.end(ids, why)) endLater(ids, why, {});
}

void SiteSessions::endMissed(std::string_view user_id, const std::vector<SessionId>& ids) {
  constexpr std::string_view kWhy = "logout_all";
  if (!ender.endMissed(user_id, ids, kWhy)) return endLater(ids, kWhy, std::string(user_id));
  for (const SessionId& id : ids) memory.cache.forget(id);
}

void SiteSessions::endLater(const std::vector<SessionId>& ids, std::string_view why, const std::string& user_id) {
  for (const SessionId& id : ids) burials.end(id, why, user_id);
  logWarn("sessions: some could not be ended yet; they are tried again for an hour, until a reload",
          {{"count", ids.size()}, {"reason", why}});
}

void SiteSessions::distrust(DistrustReason why) {
  memory.cluster_trust ? memory.cluster_trust->distrust(why) : single_server->canaries.distrust(why);
}

std::unique_ptr<LaneStore> SiteSessions::makeLaneStore(EventLoop& loop, const Config& config,
                                                       const SharedParts& shared) {
  if (memory.cluster_trust) {
    return std::make_unique<ClusterLaneStore>(*shared.redis.cluster(), shared.redis.access(), *memory.cluster_trust,
                                              config.session.cache.enabled, config.session, form.keys, loop,
                                              shared.clock);
  }
  return std::make_unique<RedisLaneStore>(shared.redis.single()->node(),
                                          single_server->listener ? &single_server->canaries : nullptr, config.session,
                                          form.keys, loop, shared.clock);
}

std::string SiteSessions::whyNotReady(bool with_logins) {
  const SessionId nobodys = SessionId::generate();
  SessionLoad load{.id = &nobodys, .wants_ttl = true};
  stores.redis.load({&load, 1});
  if (!load.result) return "redis does not answer session checks";
  if (!with_logins || load.result->epoch) return "";
  return "redis does not say which logins count: the key " + form.keys.epoch() +
         " cannot be read, or holds something that is no number";
}

std::vector<std::string> SiteSessions::trustInWords(RedisTopology& redis, bool cache_enabled, SteadyTime now) const {
  std::vector<std::string> nodes;
  bool all_trusted = true;
  bool any_deaf = false;
  const auto add = [&](const std::string& server, const Canaries* canaries) {
    const bool is_trusted = canaries != nullptr && canaries->trusted(now);
    const bool stands = canaries != nullptr && canaries->current() != nullptr;
    const bool rests = !stands && canaries != nullptr && canaries->resting();
    all_trusted = all_trusted && is_trusted;
    any_deaf = any_deaf || (!is_trusted && !rests);
    nodes.push_back("node_" + server + ": subscription " +
                    (stands  ? "stands"
                     : rests ? "rests"
                             : "lost") +
                    ", memory " + (is_trusted ? "believed" : "not believed"));
  };
  if (!cache_enabled) return {"memory: off"};
  if (single_server) add(redis.single()->node().server(), &single_server->canaries);
  if (memory.cluster_trust) {
    for (ClusterNodes::Node* const node : redis.cluster()->serving()) {
      add(node->client.node().server(), memory.cluster_trust->canariesOf(node->number));
    }
    any_deaf = any_deaf || nodes.empty();
    all_trusted = all_trusted && !nodes.empty();
  }
  nodes.insert(nodes.begin(), std::string("memory: ") + (all_trusted ? "believed"
                                                         : any_deaf  ? "not believed"
                                                                     : "resting"));
  return nodes;
}

}  // namespace sessiond
