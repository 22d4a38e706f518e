#include "site_sessions.h"

#include <chrono>
#include <cstddef>
#include <string>

#include "base/encoding.h"
#include "base/secret.h"

namespace sessiond {

HmacKey logKeyOf(const Secret& secret) {
  return HmacKey(Secret(std::string(asBytes(HmacKey(secret).sign("sessiond log pseudonyms")))));
}

SiteSessions::SiteSessions(const Config& config, const FactsReader::Stands& stands, const SharedParts& shared)
    : log_key(logKeyOf(config.session.secrets.front())),
      signer(config.session.secrets),
      extractor(config.extractionRules()),
      trust(config.session.cache.max_staleness),
      cache(config.session.cache, trust),
      keys(config.session.key_prefix, config.sessiond.key_prefix),
      redis_store(shared.redis, config.session, keys, config.logout.replicas),
      burial_store(shared.redis, config.session, keys),
      membership(shared.lasting.caches, cache),
      store(redis_store, shared.lasting.caches, shared.lasting.revoked, shared.lasting.epoch, shared.clock),
      redis_index(shared.redis, keys, config.logout.tombstone_lifetime),
      index(redis_index, shared.clock, shared.metrics),
      burials(store, burial_store, shared.lasting.revoked, log_key, shared.metrics),
      tombstones(TombstoneLifetime::from(config.session, config.cookie, config.logout)),
      reader(
          extractor, tombstones, shared.lasting.revoked, shared.lasting.epoch, log_key, shared.metrics,
          [this](const SessionId& id, std::chrono::seconds ttl) { burials.bury(id, ttl); }, stands),
      canaries(trust, keys, shared.metrics),
      listener(config.session.cache.enabled
                   ? std::make_unique<InvalidationListener>(shared.redis, keys, cache, burials, canaries, shared.clock,
                                                            shared.metrics)
                   : nullptr),
      following(shared.redis.node().followers(),
                {.moved =
                     [this] {
                       canaries.renewAll();
                       burials.renew();
                     },
                 .doubted = [this] { canaries.distrust(Canaries::Loss::kSentinels); }}),
      throttle(config.session.touch_interval, 2 * std::size_t{config.session.cache.max_entries}),
      figures(shared.metrics),
      finder(config.extractionRules(),
             {config.session, config.cookie, config.logout, signer, store, shared.lasting.revoked, shared.lasting.epoch,
              shared.clock, log_key, shared.metrics, stands}),
      starter({config.session, config.cookie, signer, store, shared.clock}),
      ender({config.session, tombstones, store, index, log_key, shared.clock, shared.metrics}) {}

bool SiteSessions::mayCheck() {
  const SessionId nobodys = SessionId::generate();
  SessionLoad load{.id = &nobodys, .wants_ttl = true};
  redis_store.load({&load, 1});
  return load.result.hasValue();
}

}  // namespace sessiond
