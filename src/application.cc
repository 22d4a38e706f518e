#include "application.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/crypto.h"
#include "base/secret.h"
#include "endpoints/account/logout.h"
#include "endpoints/account/logout_pages.h"
#include "endpoints/account/session_list.h"
#include "endpoints/account/sessions.h"
#include "endpoints/api/api_answers.h"
#include "endpoints/api/api_gate.h"
#include "endpoints/api/app_cache.h"
#include "endpoints/api/session_data.h"
#include "endpoints/auth/auth.h"
#include "endpoints/csrf.h"
#include "endpoints/login/login.h"
#include "endpoints/login/no_login.h"
#include "endpoints/pages/page_book.h"
#include "endpoints/pages/page_endpoint.h"
#include "endpoints/router.h"
#include "endpoints/status/health.h"
#include "login/device_cookie.h"
#include "login/directory_authenticator.h"
#include "login/directory_watch.h"
#include "login/login_gate.h"
#include "redis/invalidation_listener.h"
#include "redis/permission_check.h"
#include "redis/redis_app_cache.h"
#include "redis/redis_attempt_store.h"
#include "redis/redis_keys.h"
#include "redis/redis_lane_store.h"
#include "redis/redis_session_store.h"
#include "redis/redis_user_directory.h"
#include "redis/redis_user_session_index.h"
#include "session/burial_queue.h"
#include "session/cache_figures.h"
#include "session/cache_trust.h"
#include "session/coherent_store.h"
#include "session/facts_reader.h"
#include "session/index_writer.h"
#include "session/session_cache.h"
#include "session/session_ender.h"
#include "session/session_finder.h"
#include "session/session_starter.h"

namespace sessiond {

namespace {

/// The key behind the names by which logs call sessions and users: the same on every instance that shares the secret,
/// of no use for anything else.
HmacKey logKeyOf(const Secret& secret) {
  return HmacKey(Secret(std::string(asBytes(HmacKey(secret).sign("sessiond log pseudonyms")))));
}

RedisKeys keysOf(const Config& config) {
  return RedisKeys(config.session.key_prefix, config.sessiond.key_prefix);
}

using Directories = std::vector<std::unique_ptr<UserDirectory>>;

/// In the configured order.
Directories directoriesOf(Prepared& prepared, RedisClient& redis, const RedisKeys& keys) {
  Directories directories;
  for (const std::string& name : prepared.config->login.authenticators) {
    if (name == "redis") {
      directories.push_back(std::make_unique<RedisUserDirectory>(redis, keys, prepared.config->login.redis_usual_hash));
    } else if (prepared.htpasswd) {
      directories.push_back(std::move(prepared.htpasswd));
    }
  }
  return directories;
}

FactsReader::Stands standsIn(HtpasswdDirectory* htpasswd) {
  if (htpasswd == nullptr) return {};
  return [htpasswd](std::uint64_t password_tag) { return htpasswd->stands(password_tag); };
}

/// REQUIRES: the configuration has been checked.
JsonPointer userPointerOf(const SessionSettings& config) {
  std::optional<JsonPointer> pointer = JsonPointer::parse(config.user_at);
  SESSIOND_CHECK(pointer.has_value());
  return *std::move(pointer);
}

Response answerNoApiHere(const Request&) {
  return apiError(404, "disabled", "the applications' endpoints are not switched on (api.enabled)");
}

}  // namespace

/// The applications' own endpoints. Built in this order.
struct ApiParts {
  ApiParts(const Config& config, const SessionFinder& finder, RedisClient& redis, SessionStore& store,
           const HmacKey& log_key, const Clock& clock, MetricsRegistry& metrics)
      : gate(config.api, metrics),
        session({finder, store, clock, config.session.max_bytes,
                 config.api.may_change_user ? std::vector<JsonPointer>() : decidingPlaces(config.extractionRules())}),
        redis_cache(redis, config.cache),
        cache({redis_cache, config.cache.max_bytes, log_key, metrics}) {}

  const ApiGate gate;
  const SessionDataEndpoint session;
  RedisAppCache redis_cache;
  const AppCacheEndpoint cache;
};

/// Each is built from those above it, and goes before them.
struct Application::Parts {
  Parts(std::shared_ptr<const Config> settings, PageBook book, Directories directories, HtpasswdDirectory* passwords,
        std::unique_ptr<RedisClient> client, HmacKey key, LastingState& lasting, const Clock& time,
        MetricsRegistry& metrics);

  const std::shared_ptr<const Config> config;
  HtpasswdDirectory* const htpasswd;  // null: there is none; else the authenticator's
  const Clock& clock;
  const HmacKey log_key;
  const CookieSigner signer;
  const FactsExtractor extractor;
  const std::unique_ptr<RedisClient> redis;
  CacheTrust trust;
  SessionCache cache;
  const RedisKeys keys;
  RedisSessionStore redis_store;
  const LiveCaches::Membership membership;
  CoherentStore store;
  RedisUserSessionIndex redis_index;
  IndexWriter index;
  BurialQueue burials;
  FactsReader reader;
  Canaries canaries;
  const std::unique_ptr<InvalidationListener> listener;  // null: session.cache.enabled is false, nothing is fresh
  TouchThrottle throttle;
  LoaderMetrics loader_metrics;
  CacheFigures cache_figures;
  const std::unique_ptr<RefusalLog> refusals;  // null: log.refusals is false
  const AuthEndpoint auth;
  const PageBook pages;
  const SessionFinder finder;
  const CsrfGuard csrf;
  RedisAttemptStore attempts;
  LoginGate gate;
  const DeviceCookies devices;
  LoginAudit login_audit;
  const SessionEnder ender;
  const SessionStarter starter;
  const SessionHandles handles;
  const SessionList session_list;
  const RoomTickets room_tickets;
  const SessionRoom room;
  std::optional<DirectoryAuthenticator> authenticator;  // absent: nobody logs in here (login.authenticators is empty)
  std::optional<PasswordEntrance> entrance;
  std::optional<LoginEndpoint> login;
  const LogoutPages logout_pages;
  const LogoutEndpoint logout;
  const SessionsEndpoint sessions;
  const PageEndpoint page;
  const std::unique_ptr<ApiParts> api;  // null: api.enabled is false
  Router router;
  std::optional<DirectoryWatch> watch;

 private:
  void addApi();
  bool mayCheck();
};

Application::Parts::Parts(std::shared_ptr<const Config> settings, PageBook book, Directories directories,
                          HtpasswdDirectory* passwords, std::unique_ptr<RedisClient> client, HmacKey key,
                          LastingState& lasting, const Clock& time, MetricsRegistry& metrics)
    : config(std::move(settings)),
      htpasswd(passwords),
      clock(time),
      log_key(std::move(key)),
      signer(config->session.secrets),
      extractor(config->extractionRules()),
      redis(std::move(client)),
      trust(config->session.cache.max_staleness),
      cache(config->session.cache, trust),
      keys(keysOf(*config)),
      redis_store(*redis, config->session, keys),
      membership(lasting.caches, cache),
      store(redis_store, lasting.caches, lasting.revoked, clock),
      redis_index(*redis, keys, config->logout.tombstone_lifetime),
      index(redis_index, clock, metrics),
      burials(store, redis_store, lasting.revoked, log_key, metrics),
      reader(
          extractor, TombstoneLifetime::from(config->session, config->cookie, config->logout), lasting.revoked, log_key,
          metrics, [this](const SessionId& id, std::chrono::seconds ttl) { burials.bury(id, ttl); },
          standsIn(htpasswd)),
      canaries(trust, keys),
      listener(config->session.cache.enabled
                   ? std::make_unique<InvalidationListener>(*redis, keys, cache, burials, canaries, clock, metrics)
                   : nullptr),
      throttle(config->session.touch_interval, 2 * std::size_t{config->session.cache.max_entries}),
      loader_metrics(metrics),
      cache_figures(metrics),
      refusals(config->log.refusals ? std::make_unique<RefusalLog>(log_key) : nullptr),
      auth(*config, {.signer = signer,
                     .extractor = extractor,
                     .cache = cache,
                     .reader = reader,
                     .throttle = throttle,
                     .late_touches = lasting.late_touches,
                     .loader_metrics = loader_metrics,
                     .index = &index,
                     .make_lane_store =
                         [this](EventLoop& loop) {
                           return std::make_unique<RedisLaneStore>(redis->node(), listener ? &canaries : nullptr,
                                                                   config->session, keys, loop, clock);
                         },
                     .budget = redis->node().budget(),
                     .clock = clock,
                     .metrics = metrics,
                     .refusals = refusals.get()}),
      pages(std::move(book)),
      finder(config->extractionRules(), {config->session, config->cookie, config->logout, signer, store,
                                         lasting.revoked, clock, log_key, metrics, standsIn(htpasswd)}),
      csrf(config->session.secrets, config->cookie.secure, clock),
      attempts(*redis, keys, clock),
      gate(config->login.throttle, config->session.secrets.front(), attempts, attempts, clock),
      devices(config->session.secrets, clock),
      login_audit(config->log.audit_addresses, log_key, clock),
      ender({config->session, TombstoneLifetime::from(config->session, config->cookie, config->logout), store, index,
             log_key, clock, metrics}),
      starter({config->session, config->cookie, signer, store, clock}),
      handles(config->session.secrets.front()),
      session_list({config->session, store, index, handles, clock}),
      room_tickets(config->session.secrets, clock),
      room({*config, pages, csrf, index, ender, session_list, room_tickets}),
      logout_pages(pages, finder, userPointerOf(config->session)),
      logout({*config, logout_pages, signer, ender, log_key, metrics}),
      sessions({*config, pages, finder, session_list, ender, csrf, clock, metrics}),
      page({pages, finder, clock}, userPointerOf(config->session)),
      api(config->api.enabled ? std::make_unique<ApiParts>(*config, finder, *redis, store, log_key, clock, metrics)
                              : nullptr),
      router(auth, clock) {
  router.addQuick("health", answerHealth);
  router.addSlow("ready",
                 [this](const Request& request) { return answerReady(request, [this] { return mayCheck(); }); });
  if (!directories.empty()) {
    authenticator.emplace(std::move(directories), log_key);
    entrance.emplace(EntranceParts{*config, gate, devices, *authenticator, clock});
    login.emplace(LoginParts{*config, pages, finder, csrf, signer, ender, starter, room, *entrance, login_audit,
                             log_key, clock, metrics});
  }
  if (htpasswd != nullptr) {
    htpasswd->onChange([this] { canaries.distrust(); });
    watch.emplace(*htpasswd, config->session.cache.max_staleness);
  }
  router.addPassword(
      "login",
      [this](const Request& request) { return login ? login->answer(request) : answerNoLogin(pages, request); },
      [this](const Request& request) { return login ? login->turnAway(request) : answerNoLogin(pages, request); });
  router.addSlow(
      "logout", [this](const Request& request) { return logout.answer(request); },
      [this](const Request& request) { return logout.turnAway(request); });
  router.addSlow(
      "sessions", [this](const Request& request) { return sessions.answer(request); },
      [this](const Request& request) { return sessions.turnAway(request); });
  router.addSlow(
      "page", [this](const Request& request) { return page.answer(request); },
      [this](const Request& request) { return page.unavailable(request); });
  if (config->metrics.enabled) {
    router.addSlow("metrics", [this, &metrics](const Request& request) {
      cache_figures.show(cache.size());
      return answerMetrics(request, metrics);
    });
  }
  addApi();
}

/// Is Redis a primary that answers what every session check asks?
bool Application::Parts::mayCheck() {
  if (!redis->reachable()) return false;
  const SessionId nobodys = SessionId::generate();
  SessionLoad load{.id = &nobodys, .wants_ttl = true};
  redis_store.load({&load, 1});
  return load.result.hasValue();
}

void Application::Parts::addApi() {
  if (!api) {
    router.addQuick("session", answerNoApiHere);
    router.addQuick("cache", answerNoApiHere);
    return;
  }
  router.addSlow("session", [this](const Request& request) {
    return api->gate.pass("session", request,
                          [this](const Request& admitted) { return api->session.answer(admitted); });
  });
  router.addSlow("cache", [this](const Request& request) {
    return api->gate.pass("cache", request, [this](const Request& admitted) { return api->cache.answer(admitted); });
  });
}

std::shared_ptr<Application> Application::build(Prepared prepared, LastingState& lasting, const Clock& clock,
                                                MetricsRegistry& metrics) {
  auto redis = std::make_unique<RedisClient>(prepared.config->redis, clock, metrics);
  HtpasswdDirectory* const htpasswd = prepared.htpasswd.get();
  Directories directories = directoriesOf(prepared, *redis, keysOf(*prepared.config));
  HmacKey log_key = logKeyOf(prepared.config->session.secrets.front());
  auto parts = std::make_unique<Parts>(std::move(prepared.config), std::move(prepared.pages), std::move(directories),
                                       htpasswd, std::move(redis), std::move(log_key), lasting, clock, metrics);
  return std::shared_ptr<Application>(new Application(std::move(parts)));
}

Application::Application(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Application::~Application() = default;

Route Application::receive(Exchange& exchange) {
  return parts_->router.receive(exchange);
}

std::unique_ptr<Loader> Application::makeLoader(EventLoop& loop, Loader::Lane& lane) {
  return parts_->auth.makeLoader(loop, lane);
}

void Application::work(Exchange& exchange) {
  parts_->router.work(exchange);
}

void Application::turnAway(Exchange& exchange) {
  parts_->router.turnAway(exchange);
}

StartupReport Application::probeRedis() {
  StartupReport report = parts_->redis->probe();
  if (report.outcome != StartupProbe::kOk) return report;
  const Config& config = *parts_->config;
  const PermissionScope scope{parts_->keys, config.session, config.login, config.api.enabled ? &config.cache : nullptr};
  return checkPermissions(*parts_->redis, scope, parts_->clock);
}

}  // namespace sessiond
