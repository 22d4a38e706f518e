#include "application.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/crypto.h"
#include "base/secret.h"
#include "endpoints/account/logout.h"
#include "endpoints/account/session_ender.h"
#include "endpoints/api/api_answers.h"
#include "endpoints/api/api_gate.h"
#include "endpoints/api/app_cache.h"
#include "endpoints/api/session_data.h"
#include "endpoints/auth/auth.h"
#include "endpoints/csrf.h"
#include "endpoints/login/login.h"
#include "endpoints/login/login_page.h"
#include "endpoints/router.h"
#include "endpoints/status/health.h"
#include "login/device_cookie.h"
#include "login/directory_authenticator.h"
#include "login/htpasswd_directory.h"
#include "login/login_gate.h"
#include "redis/invalidation_listener.h"
#include "redis/permission_check.h"
#include "redis/redis_app_cache.h"
#include "redis/redis_attempt_store.h"
#include "redis/redis_session_store.h"
#include "redis/redis_user_directory.h"
#include "redis/redis_user_session_index.h"
#include "session/cache_trust.h"
#include "session/caching_facts_source.h"
#include "session/coherent_store.h"
#include "session/session_cache.h"
#include "session/session_finder.h"
#include "session/store_facts_source.h"

namespace sessiond {

namespace {

/// The key behind the names by which logs call sessions and users: the same on every instance that shares the secret,
/// of no use for anything else.
HmacKey logKeyOf(const Secret& secret) {
  return HmacKey(Secret(std::string(asBytes(HmacKey(secret).sign("sessiond log pseudonyms")))));
}

using Directories = std::vector<std::unique_ptr<UserDirectory>>;

/// In the configured order; a directory that cannot be used leaves its reasons in `problems`.
Directories openDirectories(const LoginSettings& config, RedisClient& redis, const Clock& clock,
                            std::vector<std::string>& problems) {
  Directories directories;
  for (const std::string& name : config.authenticators) {
    if (name == "redis") {
      directories.push_back(std::make_unique<RedisUserDirectory>(redis));
      continue;
    }
    auto opened = HtpasswdDirectory::open(config.htpasswd_file,
                                          config.case_insensitive ? NameCase::kIgnored : NameCase::kMatters, clock);
    if (opened) {
      directories.push_back(*std::move(opened));
    } else {
      problems.push_back("login.htpasswd_file: " + opened.error());
    }
  }
  return directories;
}

Response answerNoLoginHere() {
  Response response(404);
  response.add("Content-Type", "text/plain; charset=utf-8");
  response.add("Cache-Control", "no-store");
  response.body = "sessiond: no login is set up here (login.authenticators is empty)\n";
  return response;
}

Response answerNoApiHere(const Request&) {
  return apiError(404, "disabled", "the applications' endpoints are not switched on (api.enabled)");
}

}  // namespace

/// The applications' own endpoints. Built in this order.
struct ApiParts {
  ApiParts(const Config& config, const CookieSigner& signer, RedisClient& redis, SessionStore& store,
           const HmacKey& log_key, const Clock& clock, MetricsRegistry& metrics)
      : gate(config.api, metrics),
        finder(config.extractionRules(),
               {config.session, config.cookie, config.logout, signer, store, clock, log_key, metrics}),
        session({finder, store, clock, config.session.max_bytes,
                 config.api.may_change_user ? std::vector<JsonPointer>() : decidingPlaces(config.extractionRules())}),
        redis_cache(redis, config.cache),
        cache({redis_cache, config.cache.max_bytes, log_key, metrics}) {}

  const ApiGate gate;
  const SessionFinder finder;
  const SessionDataEndpoint session;
  RedisAppCache redis_cache;
  const AppCacheEndpoint cache;
};

/// Each is built from those above it, and goes before them.
struct Application::Parts {
  Parts(std::shared_ptr<const Config> settings, LoginPage page, Directories directories,
        std::unique_ptr<RedisClient> client, HmacKey key, const Clock& time, MetricsRegistry& metrics);

  const std::shared_ptr<const Config> config;
  const Clock& clock;
  const HmacKey log_key;
  const CookieSigner signer;
  const FactsExtractor extractor;
  const std::unique_ptr<RedisClient> redis;
  CacheTrust trust;
  SessionCache cache;
  RedisSessionStore redis_store;
  CoherentStore store;
  RedisUserSessionIndex index;
  StoreFactsSource source;
  CachingFactsSource caching;
  const std::unique_ptr<InvalidationListener> listener;  // null: session.cache.enabled is false, nothing is fresh
  TouchThrottle throttle;
  TouchWriter touches;
  const AuthEndpoint auth;
  const LoginPage login_page;
  const CsrfGuard csrf;
  RedisAttemptStore attempts;
  LoginGate gate;
  const DeviceCookies devices;
  const SessionEnder ender;
  std::optional<DirectoryAuthenticator> authenticator;  // absent: nobody logs in here (login.authenticators is empty)
  std::optional<LoginEndpoint> login;
  const LogoutEndpoint logout;
  const std::unique_ptr<ApiParts> api;  // null: api.enabled is false
  Router router;

 private:
  void addApi();
};

Application::Parts::Parts(std::shared_ptr<const Config> settings, LoginPage page, Directories directories,
                          std::unique_ptr<RedisClient> client, HmacKey key, const Clock& time, MetricsRegistry& metrics)
    : config(std::move(settings)),
      clock(time),
      log_key(std::move(key)),
      signer(config->session.secrets),
      extractor(config->extractionRules()),
      redis(std::move(client)),
      trust(config->session.cache.max_staleness),
      cache(config->session.cache, trust),
      redis_store(*redis, config->session),
      store(redis_store, cache, clock),
      index(*redis, config->session),
      source(store, extractor, config->logout.tombstone_lifetime, log_key, metrics),
      caching(source, cache, clock, metrics),
      listener(config->session.cache.enabled
                   ? std::make_unique<InvalidationListener>(*redis, config->session, cache, trust, clock, metrics)
                   : nullptr),
      throttle(config->session.touch_interval, 2 * std::size_t{config->session.cache.max_entries}),
      touches(store, throttle, metrics),
      auth(*config, {signer, extractor, caching, throttle, touches, clock, metrics}),
      login_page(std::move(page)),
      csrf(config->session.secrets, config->cookie.secure, clock),
      attempts(*redis, clock),
      gate(config->login.throttle, config->session.secrets.front(), attempts, attempts),
      devices(config->session.secrets, clock),
      ender({config->session, config->logout.tombstone_lifetime, store, index, log_key, metrics}),
      logout({*config, signer, ender, log_key, metrics}),
      api(config->api.enabled ? std::make_unique<ApiParts>(*config, signer, *redis, store, log_key, clock, metrics)
                              : nullptr),
      router(auth) {
  router.addQuick("health", answerHealth);
  router.addSlow(
      "ready", [this](const Request& request) { return answerReady(request, [this] { return redis->reachable(); }); });
  if (!directories.empty()) {
    authenticator.emplace(std::move(directories), log_key);
    login.emplace(LoginParts{*config, login_page, csrf, signer, ender, store, index, *authenticator, gate, devices,
                             config->log.audit_addresses, log_key, clock, metrics});
  }
  router.addPassword("login",
                     [this](const Request& request) { return login ? login->answer(request) : answerNoLoginHere(); });
  router.addSlow("logout", [this](const Request& request) { return logout.answer(request); });
  if (config->metrics.enabled) {
    router.addSlow("metrics", [this, &metrics](const Request& request) {
      caching.measure();
      return answerMetrics(request, metrics);
    });
  }
  addApi();
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

Expected<std::shared_ptr<Application>, std::vector<std::string>> Application::build(
    std::shared_ptr<const Config> config, const Clock& clock, MetricsRegistry& metrics) {
  std::vector<std::string> problems;
  auto redis = std::make_unique<RedisClient>(config->redis, clock, metrics);
  Directories directories = openDirectories(config->login, *redis, clock, problems);
  Expected<LoginPage, std::vector<std::string>> page = LoginPage::load(config->login);
  if (!page) {
    for (const std::string& problem : page.error()) problems.push_back("login.page_file: " + problem);
  }
  if (!problems.empty()) return Unexpected(std::move(problems));
  HmacKey log_key = logKeyOf(config->session.secrets.front());
  auto parts = std::make_unique<Parts>(std::move(config), *std::move(page), std::move(directories), std::move(redis),
                                       std::move(log_key), clock, metrics);
  return std::shared_ptr<Application>(new Application(std::move(parts)));
}

Application::Application(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Application::~Application() = default;

Route Application::receive(Exchange& exchange) {
  return parts_->router.receive(exchange);
}

std::unique_ptr<Pending> Application::beginLoad(std::span<Exchange* const> batch) {
  return parts_->auth.beginLoad(batch);
}

void Application::load(std::span<Exchange* const> batch) {
  parts_->auth.load(batch);
}

void Application::conclude(Exchange& exchange) {
  parts_->auth.conclude(exchange);
}

void Application::work(Exchange& exchange) {
  parts_->router.work(exchange);
}

StartupReport Application::probeRedis() {
  StartupReport report = parts_->redis->probe();
  if (report.outcome != StartupProbe::kOk) return report;
  const Config& config = *parts_->config;
  const PermissionScope scope{config.session, config.login, config.api.enabled ? &config.cache : nullptr};
  return checkPermissions(*parts_->redis, scope, parts_->clock);
}

}  // namespace sessiond
