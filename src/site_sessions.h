// SiteSessions: one site's sessions, wired together: what they look like, where they are stored, what memory keeps of
// them and what proves it, and who finds, starts and ends one.

#pragma once

#include <memory>
#include <string>

#include "base/crypto.h"
#include "config/config.h"
#include "redis/canaries.h"
#include "redis/cluster_trust.h"
#include "redis/invalidation_listener.h"
#include "redis/redis_keys.h"
#include "redis/redis_session_store.h"
#include "redis/redis_user_session_index.h"
#include "session/burial_queue.h"
#include "session/cache_figures.h"
#include "session/cache_trust.h"
#include "session/coherent_store.h"
#include "session/ended_users.h"
#include "session/facts_extractor.h"
#include "session/facts_reader.h"
#include "session/index_writer.h"
#include "session/lane_store.h"
#include "session/live_caches.h"
#include "session/login_epoch.h"
#include "session/session_cache.h"
#include "session/session_ender.h"
#include "session/session_finder.h"
#include "session/session_starter.h"
#include "session/signed_cookie.h"
#include "session/tombstone_lifetime.h"
#include "session/touch_throttle.h"
#include "shared_parts.h"

namespace sessiond {

/// The key behind the names by which logs call sessions and users: the same on every instance that shares the secret,
/// of no use for anything else.
HmacKey logKeyOf(const Secret& secret);

struct SiteSessions;

/// What a session of this site is: how its cookie is signed, its record read, its key named, its end kept. Constant.
struct SessionForm {
  explicit SessionForm(const Config& config);

  const HmacKey log_key;
  const CookieSigner signer;
  const FactsExtractor extractor;
  const RedisKeys keys;
  const TombstoneLifetime tombstones;
};

/// What is known of them without asking Redis, and whether it is believed.
struct SessionMemory {
  SessionMemory(const Config& config, const RedisKeys& keys, const SharedParts& shared);

  LoginEpoch& epoch;                                  // of the Redis that is configured
  CacheTrust trust;                                   // in the one server
  const std::unique_ptr<ClusterTrust> cluster_trust;  // null: there is one server
  SessionCache cache;
  const LiveCaches::Membership membership;
  TouchThrottle throttle;
  CacheFigures figures;
};

/// Where they are stored.
struct SessionStores {
  SessionStores(SiteSessions& all, const Config& config, const SharedParts& shared);

  RedisSessionStore redis;
  RedisSessionStore for_burials;  // waits for no replica: what is buried again was revoked before
  CoherentStore coherent;         // whoever ends or changes one writes here
  RedisUserSessionIndex redis_index;
};

/// What the one server tells of its keys, and what proves it.
struct OneServer {
  OneServer(SiteSessions& all, RedisClient& client, bool cache_enabled, const SharedParts& shared);

  Canaries canaries;
  const std::unique_ptr<InvalidationListener> listener;  // null: session.cache.enabled is false, nothing is fresh
  const NodeObservers::Registration registration;
};

/// Built in this order, and gone in the reverse. `stores`, `ender` and `index` refer to members below them, but have
/// nothing to do with those until `burials` is there: its thread, listeners and requests are all that asks them, and
/// begin later. Its end waits for threads of its own.
struct SiteSessions {
  /// `config` outlives it. `stands`: is a session's login still good; empty: whoever logged in stays so.
  SiteSessions(const Config& config, const FactsReader::Stands& stands, const SharedParts& shared);
  ~SiteSessions() { index.finish(); }
  SiteSessions(const SiteSessions&) = delete;
  SiteSessions& operator=(const SiteSessions&) = delete;

  /// Why Redis does not answer what every session check asks or, `with_logins`, what those of sessions ask that a login
  /// has made here; empty: it does. What another sessiond's logins need is not looked at. Waits.
  std::string whyNotReady(bool with_logins);
  /// `name: value` lines: is what is in memory believed, in all and of each server that tells of changes?
  std::vector<std::string> trustInWords(RedisTopology& redis, bool cache_enabled, SteadyTime now) const;
  /// Ends them, now or as soon as Redis can. `why`: a word of the audit log, for good.
  void endSurely(const std::vector<SessionId>& ids, std::string_view why);
  /// The index of this user had lost them.
  void endMissed(std::string_view user_id, const std::vector<SessionId>& ids);
  /// They could not be ended just now. `user_id`: whose they have to be still; empty: anybody's.
  void endLater(const std::vector<SessionId>& ids, std::string_view why, const std::string& user_id);
  /// Nothing that was loaded is believed any more.
  void distrust(DistrustReason why);
  /// Of a lane of its own.
  std::unique_ptr<LaneStore> makeLaneStore(EventLoop& loop, const Config& config, const SharedParts& shared);

  const SessionForm form;
  SessionMemory memory;
  SessionStores stores;
  const SessionEnder ender;  // before those whose threads end sessions
  IndexWriter index;
  BurialQueue burials;
  EndedUsers ended;
  FactsReader reader;
  const std::unique_ptr<OneServer> single_server;                    // null: there is a cluster
  const std::unique_ptr<ClusterTrust::Listening> cluster_listening;  // null: there is none
  const SessionFinder finder;
  const SessionStarter starter;
};

}  // namespace sessiond
