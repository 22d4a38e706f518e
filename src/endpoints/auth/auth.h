// auth: the session check, asked by nginx's auth_request before every request it passes on.
//
// It answers 204 with every identity header, 401, 403 or 503, and nothing else: nginx turns all other codes into
// 500. Only grant() makes a 2xx, and only a decision that says so leads there.
//
//   receive()   on a lane: policy, cookies, signatures; answers all that needs no session, or one that is in memory
//   beginLoad() on the lane: many checks at once, one round trip, where that can be done without waiting; else
//   load()      on a loader
//   conclude()  on the lane again: the same decision

#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/interval_gate.h"
#include "base/log_summary.h"
#include "base/metrics.h"
#include "endpoints/auth/claimed_identity.h"
#include "endpoints/auth/refusal_log.h"
#include "endpoints/site_settings.h"
#include "http/handler.h"
#include "http/set_cookie.h"
#include "session/auth_check.h"
#include "session/check_status.h"
#include "session/facts_extractor.h"
#include "session/facts_source.h"
#include "session/session_policy.h"
#include "session/signed_cookie.h"
#include "session/touch_throttle.h"
#include "session/touch_writer.h"

namespace sessiond {

/// What a check works with; all outlive the endpoint, and so do its settings.
struct AuthParts {
  const CookieSigner& signer;
  const FactsExtractor& extractor;  ///< by the settings' own rules
  FactsSource& source;
  TouchThrottle& throttle;
  TouchWriter& touches;
  const Clock& clock;
  MetricsRegistry& metrics;
  RefusalLog* refusals = nullptr;  ///< none: refusals are not logged
};

/// Thread-safe.
class AuthEndpoint {
 public:
  AuthEndpoint(const SiteSettings& settings, const AuthParts& parts);

  /// Never waits: kAnswered or kLoad.
  Route receive(Exchange& exchange) const;
  /// See Handler. REQUIRES, like load(): receive() of this very endpoint said kLoad for every exchange. What is pending
  /// is destroyed before the endpoint and its parts.
  std::unique_ptr<Pending> beginLoad(std::span<Exchange* const> batch) const;
  void load(std::span<Exchange* const> batch) const;
  /// Never waits. REQUIRES: load(), or what beginLoad() began, got what the exchange lacked.
  void conclude(Exchange& exchange) const;

 private:
  class PendingCheck;
  struct Wanted;
  class BegunLoad;

  const SessionPolicy* findPolicy(std::string_view name) const;
  AuthCheck readCheck(const Request& request) const;
  bool claimsIdentity(const Request& request) const;
  bool lookUp(AuthCheck& check) const;
  // These fill in a response that is as FastCGI hands it out, empty, whose memory serves one check after the other.
  void answer(const AuthCheck& check, Exchange& exchange) const;
  void noteLimits(CheckStatus status) const;
  void grant(const Request& request, const AuthDecision& decision, Response& response) const;
  void refuse(const Request& request, CheckStatus status, Response& response) const;
  std::string loginAddress(const Request& request) const;
  void logRefusal(const AuthCheck& check, const AuthDecision& decision) const;
  bool touch(const AuthCheck& check, const AuthDecision& decision, WallTime now) const;
  std::optional<std::string> cookieFor(const AuthCheck& check, const AuthDecision& decision, bool touched,
                                       WallTime now) const;

  const SiteSettings& settings_;
  /// The session cookie with its configured attributes, without a value, for requests over http and https.
  const SetCookie cookie_over_http_;
  const SetCookie cookie_over_https_;
  const AuthParts parts_;
  const ClaimedIdentity claimed_identity_;
  mutable CheckCounters counters_;
  mutable IntervalGate limits_log_;
  mutable LogSummary unknown_policies_;
  mutable LogSummary claims_;
  std::vector<Counter*> secret_hits_;
};

}  // namespace sessiond
