// auth: the session check, asked by nginx's auth_request before every request it passes on.
//
// It answers 204 with every identity header, 401, 403 or 503, and nothing else: nginx turns all other codes into
// 500. Only grant() makes a 2xx, and only a decision that says so leads there.
//
//   receive()    on a lane: policy, cookies, signatures; answers what needs no session, and who passes by a fresh one
//   AuthLoader   on the same lane, when Redis has answered: the same decision, behind the touch that is due

#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/event_loop.h"
#include "base/fixed_vector.h"
#include "base/log_summary.h"
#include "base/metrics.h"
#include "base/once_per.h"
#include "endpoints/auth/claimed_identity.h"
#include "endpoints/auth/refusal_log.h"
#include "endpoints/site_settings.h"
#include "http/handler.h"
#include "http/set_cookie.h"
#include "session/auth_check.h"
#include "session/check_status.h"
#include "session/facts_extractor.h"
#include "session/lane_store.h"
#include "session/session_cache.h"
#include "session/session_loader.h"
#include "session/session_policy.h"
#include "session/signed_cookie.h"
#include "session/touch_throttle.h"

namespace sessiond {

/// What a check works with; all outlive the endpoint, and so do its settings.
struct AuthParts {
  const CookieSigner& signer;
  const FactsExtractor& extractor;  ///< by the settings' own rules
  SessionLoader::Parts loader;      ///< its cache and its throttle are the check's
  std::function<std::unique_ptr<LaneStore>(EventLoop& loop)> make_lane_store;
  MetricsRegistry& metrics;
  RefusalLog* refusals = nullptr;  ///< none: refusals are not logged
};

/// What receive() leaves for the loader.
struct PendingCheck final : Continuation, Asker {
  explicit PendingCheck(AuthCheck pending) : check(std::move(pending)) {}

  AuthCheck check;
  SteadyTime arrived;
  std::optional<TouchWant> touch;  ///< nothing but this is missing
  // The loader's:
  Exchange* exchange = nullptr;
  std::size_t waiting = 0;    ///< for so many of `wants`
  bool looked_again = false;  ///< the session had changed when it was to be touched
  FixedVector<SessionWant, kMaxCookieValues> wants;
  FixedVector<AuthCandidate*, kMaxCookieValues> wanting;  ///< one for each
};

/// Thread-safe.
class AuthEndpoint {
 public:
  AuthEndpoint(const SiteSettings& settings, const AuthParts& parts);

  /// Never waits: kAnswered or kLoad.
  Route receive(Exchange& exchange) const;
  /// No lane has room for what receive() wanted to be loaded: a touch that was due is due again. The answer stays.
  void turnAway(Exchange& exchange) const;
  /// Of one lane. It ends before the endpoint.
  std::unique_ptr<Loader> makeLoader(EventLoop& loop, Loader::Client& client) const;

  // The loader's steps. All but the first REQUIRE: every verified candidate has been found.

  /// As if nothing were in memory: every signature is verified, and nothing has been found.
  void startAnew(AuthCheck& check) const;
  /// Points into `check`.
  AuthDecision decideOn(const AuthCheck& check) const;
  /// The touch that has to be made before this check is answered, if there is one. Notes that it happens.
  std::optional<TouchWant> dueTouch(const AuthCheck& check, const AuthDecision& decision, SteadyTime now) const;
  /// Fills in a response that is as FastCGI hands it out, empty, whose memory serves one check after the other.
  void answer(const AuthCheck& check, const AuthDecision& decision, Exchange& exchange, bool touched) const;

 private:
  const SessionPolicy* findPolicy(std::string_view name) const;
  AuthCheck readCheck(const Request& request) const;
  bool claimsIdentity(const AuthCheck& check, const Request& request) const;
  bool lookUp(AuthCheck& check, SteadyTime now) const;
  static bool refusesBySession(const AuthDecision& decision);
  std::unique_ptr<PendingCheck> pendingOf(AuthCheck&& check, std::optional<TouchWant> touch, SteadyTime arrived) const;
  void grant(const Request& request, const AuthDecision& decision, Response& response) const;
  void refuse(const Request& request, CheckStatus status, Response& response) const;
  void noteLimits(CheckStatus status) const;
  void logRefusal(const AuthCheck& check, const AuthDecision& decision) const;
  std::string firstSigned(const AuthCheck& check) const;
  std::optional<std::string> cookieFor(const AuthCheck& check, const AuthDecision& decision, bool touched) const;

  const SiteSettings& settings_;
  /// The session cookie with its configured attributes, without a value, for requests over http and https.
  const SetCookie cookie_over_http_;
  const SetCookie cookie_over_https_;
  const AuthParts parts_;
  const ClaimedIdentity claimed_identity_;
  mutable CheckCounters counters_;
  Counter& hits_;
  mutable OncePer limits_log_;
  mutable LogSummary unknown_policies_;
  mutable LogSummary unknown_words_;
  mutable LogSummary claims_;
  std::vector<Counter*> secret_hits_;
};

}  // namespace sessiond
