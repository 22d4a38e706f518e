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

SiteSessions::SiteSessions(const Config& config, const FactsReader::Stands& stands, const SharedParts& shared)
    : log_key(logKeyOf(config.session.secrets.front())),
      signer(config.session.secrets),
      extractor(config.extractionRules()),
      keys(config.session.key_prefix, config.sessiond.key_prefix),
      epoch(shared.lasting.epochs.at(targetOf(config.redis) + " " + keys.epoch())),
      trust(config.session.cache.max_staleness),
      cluster_trust(shared.redis.cluster() == nullptr
                        ? nullptr
                        : std::make_unique<ClusterTrust>(*shared.redis.cluster(), keys,
                                                         config.session.cache.max_staleness, shared.clock,
                                                         shared.metrics)),
      cache(cluster_trust ? SessionCache(config.session.cache, *cluster_trust)
                          : SessionCache(config.session.cache, trust)),
      redis_store(shared.redis.access(), config.session, keys, config.logout.replicas),
      burial_store(shared.redis.access(), config.session, keys),
      membership(shared.lasting.caches, cache),
      store(
          redis_store, shared.lasting.caches, shared.lasting.revoked, epoch, shared.clock,
          [this](const SessionId& id) { burials.wantTombstone(id); }, [this] { return burials.renewals(); }),
      redis_index(shared.redis.access(), keys, config.logout.tombstone_lifetime),
      tombstones(TombstoneLifetime::from(config.session, config.cookie, config.logout)),
      ender({config.session, tombstones, store, index, log_key, shared.clock, shared.metrics}),
      index(redis_index, shared.clock, shared.metrics,
            [this](std::string_view user_id, const auto& ids) {
              if (!ender.endListed(user_id, ids, "logout_all")) endLater(ids, "logout_all", std::string(user_id));
            }),
      burials(store, burial_store, shared.lasting.revoked, log_key, shared.metrics,
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
      reader(
          extractor, tombstones, shared.lasting.revoked, epoch, log_key, shared.metrics,
          [this](const SessionId& id, std::chrono::seconds ttl) { burials.bury(id, ttl); }, stands),
      single_server(cluster_trust ? nullptr
                                  : std::make_unique<OneServer>(*this, *shared.redis.single(),
                                                                config.session.cache.enabled, shared)),
      cluster_listening(cluster_trust ? std::make_unique<ClusterTrust::Listening>(*cluster_trust, cache, burials,
                                                                                  config.session.cache.enabled)
                                      : nullptr),
      throttle(config.session.touch_interval, 2 * std::size_t{config.session.cache.max_entries}),
      figures(shared.metrics),
      finder(config.extractionRules(), {config.session, config.cookie, config.logout, signer, store,
                                        shared.lasting.revoked, epoch, shared.clock, log_key, shared.metrics, stands}),
      starter({config.session, config.cookie, extractor, signer, store, shared.clock}) {}

OneServer::OneServer(SiteSessions& all, RedisClient& client, bool cache_enabled, const SharedParts& shared)
    : canaries(all.trust, all.keys, shared.metrics),
      listener(cache_enabled ? std::make_unique<InvalidationListener>(
                                   client, all.keys, all.cache, all.burials, canaries, shared.clock, shared.metrics,
                                   [this] { canaries.distrust(DistrustReason::kEverybody); })
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

void SiteSessions::endLater(const std::vector<SessionId>& ids, std::string_view why, const std::string& user_id) {
  for (const SessionId& id : ids) {
    logWarn("sessions: one could not be ended yet; it is tried again for an hour, until a reload",
            {{"session", pseudonym(log_key, id.bytes())}, {"reason", why}});
    burials.end(id, why, user_id);
  }
}

void SiteSessions::distrust(DistrustReason why) {
  cluster_trust ? cluster_trust->distrust(why) : single_server->canaries.distrust(why);
}

std::unique_ptr<LaneStore> SiteSessions::makeLaneStore(EventLoop& loop, const Config& config,
                                                       const SharedParts& shared) {
  if (cluster_trust) {
    return std::make_unique<ClusterLaneStore>(*shared.redis.cluster(), shared.redis.access(), *cluster_trust,
                                              config.session.cache.enabled, config.session, keys, loop, shared.clock);
  }
  return std::make_unique<RedisLaneStore>(shared.redis.single()->node(),
                                          single_server->listener ? &single_server->canaries : nullptr, config.session,
                                          keys, loop, shared.clock);
}

std::string SiteSessions::whyNotReady(bool with_logins) {
  const SessionId nobodys = SessionId::generate();
  SessionLoad load{.id = &nobodys, .wants_ttl = true};
  redis_store.load({&load, 1});
  if (!load.result) return "redis does not answer session checks";
  if (!with_logins || load.result->epoch) return "";
  return "redis does not say which logins count: the key " + keys.epoch() +
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
  if (cluster_trust) {
    for (ClusterNodes::Node* const node : redis.cluster()->serving()) {
      add(node->client.node().server(), cluster_trust->canariesOf(node->number));
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
