#include "site.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "endpoints/account/logout.h"
#include "endpoints/account/logout_pages.h"
#include "endpoints/account/sessions.h"
#include "endpoints/api/api_access.h"
#include "endpoints/api/api_answers.h"
#include "endpoints/api/app_cache.h"
#include "endpoints/api/session_data.h"
#include "endpoints/csrf.h"
#include "endpoints/login/login.h"
#include "endpoints/login/no_login.h"
#include "endpoints/pages/page_book.h"
#include "endpoints/pages/page_endpoint.h"
#include "login/authenticator_chain.h"
#include "login/device_cookie.h"
#include "login/directory_authenticator.h"
#include "login/directory_watch.h"
#include "login/http_verifier.h"
#include "login/login_gate.h"
#include "redis/redis_app_cache.h"
#include "redis/redis_attempt_store.h"
#include "redis/redis_target.h"
#include "redis/redis_user_directory.h"
#include "session/session_list.h"
#include "session/user_id.h"
#include "site_sessions.h"

namespace sessiond {
namespace {

using Directories = std::vector<std::unique_ptr<UserDirectory>>;

/// In the configured order.
Directories directoriesOf(const LoginSettings& settings, std::unique_ptr<HtpasswdDirectory> htpasswd,
                          RedisAccess& redis, const RedisKeys& keys) {
  Directories directories;
  for (const AuthenticatorKind kind : settings.authenticators) {
    switch (kind) {
      case AuthenticatorKind::kRedis:
        directories.push_back(std::make_unique<RedisUserDirectory>(redis, keys, usualHashInRedis(settings)));
        break;
      case AuthenticatorKind::kHtpasswd:
        if (htpasswd) directories.push_back(std::move(htpasswd));
        break;
      case AuthenticatorKind::kHttp:
        break;  // shows no hash
    }
  }
  return directories;
}

/// In the configured order: the directories together, so that time does not tell them apart, then an application.
std::vector<std::unique_ptr<Authenticator>> authenticatorsOf(const LoginSettings& settings, Directories directories,
                                                             const HmacKey& log_key, const Clock& clock) {
  std::vector<std::unique_ptr<Authenticator>> chain;
  if (!directories.empty()) chain.push_back(std::make_unique<DirectoryAuthenticator>(std::move(directories), log_key));
  for (const AuthenticatorKind kind : settings.authenticators) {
    switch (kind) {
      case AuthenticatorKind::kRedis:
      case AuthenticatorKind::kHtpasswd:
        break;  // among the directories
      case AuthenticatorKind::kHttp:
        chain.push_back(std::make_unique<HttpVerifier>(settings.http_verifier, log_key, clock));
        break;
    }
  }
  return chain;
}

Response answerNoApiHere(const Request&) {
  return apiError(404, "disabled", "the applications' endpoints are not switched on (api.enabled)");
}

template <typename Endpoint>
Router::Answer answerOf(const Endpoint& endpoint) {
  return [&endpoint](const Request& request) { return endpoint.answer(request); };
}

/// Of whatever has words of its own for when there is no time for it.
template <typename Endpoint>
Router::Answer turnAwayOf(const Endpoint& endpoint) {
  return [&endpoint](const Request& request) { return endpoint.turnAway(request); };
}

/// How one logs in here with a password. Each is built from those above it.
struct PasswordLogin {
  PasswordLogin(const Config& config, Directories directories, SiteSessions& sessions, const PageBook& pages,
                const CsrfGuard& csrf, const SessionList& list, const SharedParts& shared)
      : attempts(shared.redis.access(), sessions.form.keys, shared.clock),
        gate(config.login.throttle, config.session.secrets.front(), attempts, attempts, shared.clock),
        devices(config.session.secrets, shared.clock),
        audit(config.log.audit_addresses, sessions.form.log_key, shared.clock),
        tickets(config.session.secrets, shared.clock),
        session_cap({config, pages, csrf, sessions.index, sessions.ender, list, tickets, shared.metrics}),
        authenticator(authenticatorsOf(config.login, std::move(directories), sessions.form.log_key, shared.clock)),
        entrance({config, gate, devices, authenticator, shared.clock}),
        endpoint({config, pages, sessions.finder, csrf, sessions.form.signer,
                  [&sessions](const auto& ids, std::string_view why) { sessions.endSurely(ids, why); },
                  sessions.starter, session_cap, entrance, audit, sessions.form.log_key, shared.clock,
                  shared.metrics}) {}

  RedisAttemptStore attempts;
  LoginGate gate;
  const DeviceCookies devices;
  LoginAudit audit;
  const EndSessionTickets tickets;
  const SessionCap session_cap;
  AuthenticatorChain authenticator;
  PasswordEntrance entrance;
  const LoginEndpoint endpoint;
};

/// The applications' own endpoints. Built in this order.
struct Api {
  Api(const Config& config, SiteSessions& sessions, const SharedParts& shared)
      : access(config.api, shared.metrics),
        session({sessions.finder, sessions.stores.coherent, shared.clock, config.session.max_bytes,
                 config.api.may_change_user ? std::vector<JsonPointer>() : decidingPlaces(config.extractionRules())}),
        redis_cache(shared.redis.access(), config.cache),
        cache({redis_cache, config.cache.max_bytes, sessions.form.log_key, shared.metrics}) {}

  const ApiAccess access;
  const SessionDataEndpoint session;
  RedisAppCache redis_cache;
  const AppCacheEndpoint cache;
};

}  // namespace

/// Each is built from those above it, and goes before them.
struct Site::Parts {
  Parts(Prepared prepared, const SharedParts& shared);
  void addApi(Router& router) const;
  void watchPasswordFile();

  const std::shared_ptr<const Config> config;
  const Clock& clock;
  RedisTopology& redis;
  LastingState& lasting;
  HtpasswdDirectory* const htpasswd;  // null: there is none; else the authenticator's
  const FactsReader::Stands stands;
  const PageBook pages;
  SiteSessions sessions;
  LoaderMetrics loader_metrics;
  const std::unique_ptr<RefusalLog> refusals;  // null: log.refusals is false
  const AuthEndpoint auth;
  const CsrfGuard csrf;
  const SessionHandles handles;
  const SessionList session_list;
  std::optional<PasswordLogin> login;  // absent: nobody logs in here (login.authenticators is empty)
  const LogoutPages logout_pages;
  const LogoutEndpoint logout;
  const SessionsEndpoint sessions_endpoint;
  const PageEndpoint page;
  std::optional<Api> api;  // absent: api.enabled is false
  std::optional<DirectoryWatch> watch;
};

Site::Parts::Parts(Prepared prepared, const SharedParts& shared)
    : config(std::move(prepared.config)),
      clock(shared.clock),
      redis(shared.redis),
      lasting(shared.lasting),
      htpasswd(prepared.htpasswd.get()),
      stands(standsIn(htpasswd)),
      pages(std::move(prepared.pages)),
      sessions(*config, stands, shared),
      loader_metrics(shared.metrics),
      refusals(config->log.refusals ? std::make_unique<RefusalLog>(sessions.form.log_key) : nullptr),
      auth(*config, {.signer = sessions.form.signer,
                     .extractor = sessions.form.extractor,
                     .loader = {.cache = sessions.memory.cache,
                                .reader = sessions.reader,
                                .throttle = sessions.memory.throttle,
                                .late = shared.lasting.late_touches,
                                .metrics = loader_metrics,
                                .index = &sessions.index,
                                .clock = shared.clock,
                                .budget = shared.redis.budget()},
                     .make_lane_store =
                         [this, shared](EventLoop& loop) { return sessions.makeLaneStore(loop, *config, shared); },
                     .metrics = shared.metrics,
                     .refusals = refusals.get()}),
      csrf(config->session.secrets, config->cookie.secure, shared.clock),
      handles(config->session.secrets),
      session_list(
          {config->session, sessions.stores.coherent, &sessions.finder, sessions.index, handles, shared.clock}),
      logout_pages(pages, {sessions.finder, config->session}, config->cookie.secure),
      logout({*config, logout_pages, sessions.finder, sessions.form.signer, sessions.ender, sessions.form.log_key,
              shared.metrics}),
      sessions_endpoint(
          {*config, pages, sessions.finder, session_list, sessions.ender, csrf, shared.clock, shared.metrics}),
      page({pages, {sessions.finder, config->session}, shared.clock}) {
  Directories directories =
      directoriesOf(config->login, std::move(prepared.htpasswd), shared.redis.access(), sessions.form.keys);
  if (!config->login.authenticators.empty())
    login.emplace(*config, std::move(directories), sessions, pages, csrf, session_list, shared);
  if (config->api.enabled) api.emplace(*config, sessions, shared);
  if (htpasswd != nullptr) watchPasswordFile();
}

void Site::Parts::watchPasswordFile() {
  htpasswd->onChange([this] { sessions.distrust(DistrustReason::kUsers); });
  const std::string where =
      targetOf(config->redis) + " " + sessions.form.keys.epoch() + " " + sessions.form.keys.sessions();
  htpasswd->onWithdrawal(lasting.settled, where, [this, where](const StandingLogin& gone) {
    lasting.withdrawn.add(where, userIdIn(gone.user, config->session), gone.tag);
  });
  watch.emplace(*htpasswd, config->session.cache.max_staleness, [this, where] {
    lasting.withdrawn.endSome({.where = where,
                               .store = sessions.stores.coherent,
                               .index = sessions.index,
                               .ender = sessions.ender,
                               .extractor = sessions.form.extractor,
                               .max_bytes = config->session.max_bytes,
                               .log_key = sessions.form.log_key});
  });
}

void Site::Parts::addApi(Router& router) const {
  if (!api) {
    router.addQuick("session", answerNoApiHere);
    router.addQuick("cache", answerNoApiHere);
    return;
  }
  router.addSlow("session", [this](const Request& request) {
    return api->access.pass("session", request,
                            [this](const Request& admitted) { return api->session.answer(admitted); });
  });
  router.addSlow("cache", [this](const Request& request) {
    return api->access.pass("cache", request, [this](const Request& admitted) { return api->cache.answer(admitted); });
  });
}

Site::Site(Prepared prepared, const SharedParts& shared)
    : parts_(std::make_unique<Parts>(std::move(prepared), shared)) {}

Site::~Site() = default;

const AuthEndpoint& Site::auth() const {
  return parts_->auth;
}

void Site::addTo(Router& router) {
  const Parts& parts = *parts_;
  if (parts.login) {
    router.addPassword("login", answerOf(parts.login->endpoint), turnAwayOf(parts.login->endpoint),
                       [&parts](Exchange& exchange) { return parts.login->endpoint.triage(exchange); });
  } else {
    const auto nobody = [&parts](const Request& request) { return answerNoLogin(parts.pages, request); };
    router.addPassword("login", nobody, nobody, [](const Exchange&) { return Route::kPassword; });
  }
  router.addSlow("logout", answerOf(parts.logout), turnAwayOf(parts.logout));
  router.addSlow("sessions", answerOf(parts.sessions_endpoint), turnAwayOf(parts.sessions_endpoint));
  router.addSlow("page", answerOf(parts.page),
                 [&parts](const Request& request) { return parts.page.unavailable(request); });
  parts.addApi(router);
}

void Site::comeIntoForce() noexcept {
  if (parts_->watch) parts_->watch->begin();
}

std::string Site::whyNotReady() {
  return parts_->sessions.whyNotReady(!parts_->config->login.authenticators.empty());
}

PermissionScope Site::permissions() const {
  return permissionsFor(*parts_->config, parts_->sessions.form.keys);
}

ExplainedCheck Site::explain(const CheckQuestion& question) {
  return explainCheck({.config = *parts_->config,
                       .store = parts_->sessions.stores.coherent,
                       .revoked = parts_->lasting.revoked,
                       .epoch = parts_->sessions.memory.epoch,
                       .stands = parts_->stands,
                       .keys = parts_->sessions.form.keys,
                       .log_key = parts_->sessions.form.log_key,
                       .handles = parts_->handles,
                       .clock = parts_->clock,
                       .cache = parts_->config->session.cache.enabled ? &parts_->sessions.memory.cache : nullptr},
                      question);
}

std::vector<std::string> Site::status() const {
  const SessionCache::Size size = parts_->sessions.memory.cache.size();
  std::vector<std::string> lines =
      parts_->sessions.trustInWords(parts_->redis, parts_->config->session.cache.enabled, parts_->clock.steadyNow());
  lines.push_back("sessions_in_memory: " + std::to_string(size.entries));
  lines.push_back("bytes_in_memory: " + std::to_string(size.bytes));
  return lines;
}

void Site::showFigures() {
  parts_->sessions.memory.figures.show(parts_->sessions.memory.cache.size());
}

PermissionScope permissionsFor(const Config& config, const RedisKeys& keys) {
  return {.keys = keys,
          .session = config.session,
          .login = config.login,
          .app_cache = config.api.enabled ? &config.cache : nullptr,
          .waits_for_replicas = config.logout.replicas > 0,
          .in_cluster = config.redis.cluster.used(),
          .probes_writes = config.redis.cluster.used() || config.redis.sentinel.used()};
}

}  // namespace sessiond
