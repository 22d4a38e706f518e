#include "endpoints/auth/auth.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "endpoints/auth/auth_loader.h"
#include "endpoints/auth/login_address.h"
#include "http/cookie_header.h"
#include "session/configured_cookie.h"
#include "session/longest_life.h"
#include "session/secret_hits.h"

namespace sessiond {

namespace {

constexpr std::chrono::minutes kLimitsLogInterval(1);

/// X-Session-Status, rendered once.
const HeaderBlock& statusHeader(CheckStatus status) {
  static const std::array<HeaderBlock, kCheckStatuses> headers = [] {
    std::array<HeaderBlock, kCheckStatuses> made;
    for (std::size_t i = 0; i < kCheckStatuses; ++i) {
      SESSIOND_CHECK(made[i].add("X-Session-Status", nameOf(static_cast<CheckStatus>(i))));
    }
    return made;
  }();
  return headers[static_cast<std::size_t>(status)];
}

}  // namespace

AuthEndpoint::AuthEndpoint(const SiteSettings& settings, const AuthParts& parts)
    : settings_(settings),
      cookie_over_http_(configuredCookie(settings.cookie, false)),
      cookie_over_https_(configuredCookie(settings.cookie, true)),
      parts_(parts),
      claimed_identity_(parts.extractor.nobody().identity),
      counters_(parts.metrics),
      hits_(parts.metrics.counter("sessiond_cache_hits_total", "Sessions wanted by a check and found in memory.")),
      limits_log_(kLimitsLogInterval) {
  for (std::size_t i = 0; i < parts.signer.secrets(); ++i) {
    secret_hits_.push_back(&secretHits(parts.metrics, i));
  }
}

Route AuthEndpoint::receive(Exchange& exchange) const {
  AuthCheck check = readCheck(exchange.request);
  if (check.policy == nullptr || claimsIdentity(check, exchange.request)) {
    counters_.count(CheckStatus::kMisconfigured);
    refuse(exchange.request, CheckStatus::kMisconfigured, exchange.response);
    logRefusal(check, {});
    return Route::kAnswered;
  }
  std::optional<TouchWant> touch;
  const SteadyTime now = parts_.loader.clock.steadyNow();
  if (lookUp(check, now)) {
    const AuthDecision decision = decideOn(check);
    touch = dueTouch(check, decision, now);
    if (refusesBySession(decision)) {
      startAnew(check);
    } else if (!touch) {
      answer(check, decision, exchange, false);
      return Route::kAnswered;
    }
  }
  exchange.continuation = pendingOf(std::move(check), std::move(touch), now);
  return Route::kLoad;
}

/// Memory may be behind Redis by milliseconds. Who has just logged in at an application must not be refused by what the
/// session was before; so a refusal asks Redis, and memory is for those who pass.
bool AuthEndpoint::refusesBySession(const AuthDecision& decision) {
  return decision.winner != nullptr && !decision.isGranted();
}

/// A touch that nobody goes on with is due again.
std::unique_ptr<PendingCheck> AuthEndpoint::pendingOf(AuthCheck&& check, std::optional<TouchWant> touch,
                                                      SteadyTime arrived) const try {
  auto pending = std::make_unique<PendingCheck>(std::move(check));
  pending->arrived = arrived;
  pending->touch = std::move(touch);
  if (pending->touch) pending->touch->asker = pending.get();
  return pending;
} catch (...) {
  if (touch) parts_.loader.throttle.forget(touch->id.bytes());
  throw;
}

void AuthEndpoint::turnAway(Exchange& exchange) const {
  const auto* pending = static_cast<const PendingCheck*>(exchange.continuation.get());
  if (pending != nullptr && pending->touch) parts_.loader.throttle.forget(pending->touch->id.bytes());
}

std::unique_ptr<Loader> AuthEndpoint::makeLoader(EventLoop& loop, Loader::Client& client) const {
  return std::make_unique<AuthLoader>(*this, parts_, parts_.make_lane_store(loop), loop, client);
}

const SessionPolicy* AuthEndpoint::findPolicy(std::string_view name) const {
  const auto policy = std::ranges::find(settings_.policies, name, &SessionPolicy::name);
  return policy == settings_.policies.end() ? nullptr : &*policy;
}

/// Without a policy where nginx says something that nobody knows.
AuthCheck AuthEndpoint::readCheck(const Request& request) const {
  AuthCheck check;
  check.addCandidates(findCookies(request.params, settings_.cookie.name));
  for (const AuthCandidate& candidate : check.candidates) parts_.loader.cache.expect(candidate.cookie);
  std::string_view policy_name;
  const Param* unknown = nullptr;
  for (const Param& param : request.params) {
    if (!param.name.starts_with("SESSIOND_")) continue;
    if (param.name == "SESSIOND_POLICY") policy_name = param.value;
    if (param.name == "SESSIOND_SCHEME") check.https = param.value == "https";
    if (param.name == "SESSIOND_TOUCH") {
      check.touch = param.value != "off";
      // A misspelt `Off` would keep sessions alive.
      if (check.touch && param.value != "on") unknown = &param;
    }
    if (param.name == "SESSIOND_CLAIMS" && param.value == "refuse") check.refuses_claims = true;
    if (param.name == "SESSIOND_AUDIENCE" && param.value != "page" && param.value != "api") unknown = &param;
  }
  check.location_policy = policy_name;
  if (unknown != nullptr) {
    if (const auto count = unknown_words_.count(parts_.loader.clock.steadyNow())) {
      logError("auth: nginx says a word that sessiond does not know; refused",
               {{"parameter", unknown->name}, {"value", unknown->value}, {"count", *count}});
    }
    return check;
  }
  if (policy_name.empty()) policy_name = "default";
  check.policy = findPolicy(policy_name);
  if (check.policy == nullptr) {
    if (const auto count = unknown_policies_.count(parts_.loader.clock.steadyNow())) {
      logError("auth: nginx names a policy that the configuration does not have",
               {{"policy", policy_name}, {"count", *count}});
    }
    return check;
  }
  check.policy_index = static_cast<std::size_t>(check.policy - settings_.policies.data());
  return check;
}

/// Would the application take the client's own word for who it is?
bool AuthEndpoint::claimsIdentity(const AuthCheck& check, const Request& request) const {
  if (!check.refuses_claims) return false;
  const std::optional<std::string_view> claim = claimed_identity_.findIn(request);
  if (!claim) return false;
  if (const auto count = claims_.count(parts_.loader.clock.steadyNow())) {
    logError(
        "auth: a client says itself who it is, and its location in nginx lacks the include of "
        "sessiond/identity-….conf that would keep that from the application; refused",
        {{"header", *claim}, {"path", pathOf(request.paramOrEmpty("SESSIOND_URI"))}, {"count", *count}});
  }
  return true;
}

/// Peeks and verifies; true when all that can be known without waiting is known.
bool AuthEndpoint::lookUp(AuthCheck& check, SteadyTime now) const {
  bool complete = true;
  for (AuthCandidate& candidate : check.candidates) {
    SessionCache::Recognized recognized = parts_.loader.cache.recognize(candidate.cookie, now);
    candidate.found = std::move(recognized.found);
    if (candidate.found) {
      hits_.add();
      secret_hits_[0]->add();
      if (complete && leadsToSession(*candidate.found)) return true;
      continue;
    }
    if (recognized.known) {
      candidate.verified = VerifiedCookie{.id = recognized.known->id(), .secret = 0};
      secret_hits_[0]->add();
      complete = false;
      continue;
    }
    if (!candidate.verify(parts_.signer)) continue;
    secret_hits_[candidate.verified->secret]->add();
    candidate.found = parts_.loader.cache.find(candidate.verified->id, now);
    if (candidate.found) hits_.add();
    if (complete && candidate.found && leadsToSession(*candidate.found)) return true;
    complete = complete && candidate.found;
  }
  return complete;
}

void AuthEndpoint::startAnew(AuthCheck& check) const {
  for (AuthCandidate& candidate : check.candidates) {
    candidate.found.reset();
    if (!candidate.verified) candidate.verify(parts_.signer);
  }
}

AuthDecision AuthEndpoint::decideOn(const AuthCheck& check) const {
  return decide(check, settings_.session.absolute_timeout, parts_.loader.clock.wallNow());
}

void AuthEndpoint::answer(const AuthCheck& check, const AuthDecision& decision, Exchange& exchange,
                          bool touched) const {
  counters_.count(decision.status);
  noteLimits(decision.status);
  const bool granted = decision.isGranted();
  if (granted) {
    grant(exchange.request, decision, exchange.response);
  } else {
    refuse(exchange.request, decision.status, exchange.response);
    logRefusal(check, decision);
  }
  if (const std::optional<std::string> cookie = cookieFor(check, decision, touched && granted)) {
    exchange.response.add("Set-Cookie", *cookie);
  }
}

/// Somebody with a session may stand behind what was not looked at.
void AuthEndpoint::noteLimits(CheckStatus status) const {
  if (!wasCut(status)) return;
  if (!limits_log_.pass(parts_.loader.clock.steadyNow())) return;
  const bool many = status == CheckStatus::kTooMany;
  logWarn(many ? "auth: a browser sent more cookies of the session's name than are looked at, and none of the first "
                 "ones led to a session; something on this domain sets cookies of that name"
               : "auth: a browser sent more cookies than are looked at, and none of the first ones led to a session; "
                 "the site's cookies must become smaller",
          {{"cookie", settings_.cookie.name},
           {"limit", static_cast<std::int64_t>(many ? kMaxCookieValues : kMaxCookieHeaderBytes)}});
}

/// The only place that makes a 2xx. REQUIRES: decision.isGranted().
void AuthEndpoint::grant(const Request& request, const AuthDecision& decision, Response& response) const {
  SESSIOND_CHECK(decision.isGranted());
  const bool authorizer = request.role == Role::kAuthorizer;
  const HeaderLines identity = decision.identity(parts_.extractor.nobody());
  response.status = authorizer ? 200 : 204;
  response.headers.reserve(identity.text().size() + 64);
  response.headers.append(statusHeader(decision.status));
  if (authorizer) {
    response.headers.appendWithPrefix(identity, "Variable-");
  } else {
    response.headers.append(identity);
  }
}

void AuthEndpoint::refuse(const Request& request, CheckStatus status, Response& response) const {
  response.status = refusalCode(status);
  response.headers = statusHeader(status);
  if (response.status == 401) {
    response.add("WWW-Authenticate", "Session");
    if (request.paramOrEmpty("SESSIOND_AUDIENCE") != "api") {
      response.add("X-Session-Login", loginAddress(settings_.login.url, request.paramOrEmpty("SESSIOND_URI")));
    }
  }
  if (response.status == 503) response.add("Retry-After", kRetrySoon);
}

void AuthEndpoint::logRefusal(const AuthCheck& check, const AuthDecision& decision) const {
  if (parts_.refusals == nullptr || !parts_.refusals->admit(decision.status, parts_.loader.clock.steadyNow())) return;
  RefusalLog::Refusal refusal{
      .status = decision.status, .policy = {}, .location = check.location_policy, .session = {}};
  if (check.policy != nullptr) refusal.policy = check.policy->name;
  const std::string session =
      decision.winner != nullptr ? std::string(decision.winner->found->session->idBytes()) : firstSigned(check);
  refusal.session = session;
  parts_.refusals->write(refusal);
}

/// The id in the first cookie that is signed, also where it was found by its text and nobody verified it.
std::string AuthEndpoint::firstSigned(const AuthCheck& check) const {
  for (const AuthCandidate& candidate : check.candidates) {
    if (candidate.verified) return candidate.verified->id.bytes();
    if (const auto verified = parts_.signer.verify(candidate.cookie)) return verified->id.bytes();
  }
  return "";
}

/// The session's time to live is to be extended, if that is due and the check is going to be granted. Never beyond the
/// absolute timeout.
std::optional<TouchWant> AuthEndpoint::dueTouch(const AuthCheck& check, const AuthDecision& decision,
                                                SteadyTime now) const {
  if (!check.touch) return std::nullopt;
  if (!decision.isGranted() || decision.winner == nullptr) return std::nullopt;
  const FoundSession& found = *decision.winner->found;
  const KnownSession& session = *found.session;
  const DecisionFacts& facts = session.facts();
  if (!facts.touch_ttl || !session.mayBeTouched(now)) return std::nullopt;
  std::chrono::seconds ttl = std::min<std::chrono::seconds>(*facts.touch_ttl, kLongestKeyLife);
  if (settings_.session.absolute_timeout.count() > 0 && facts.created) {
    const auto rest = *facts.created + settings_.session.absolute_timeout - parts_.loader.clock.wallNow();
    ttl = std::min(ttl, std::chrono::ceil<std::chrono::seconds>(rest));
  }
  if (ttl.count() <= 0) return std::nullopt;
  SessionId id = session.id();  // may throw, and so before the touch is noted
  // Who does not know when the key's life ends cannot tell whether somebody else decides about it. The next load asks.
  TouchThrottle& throttle = parts_.loader.throttle;
  const TouchThrottle::Answer answer =
      found.ends ? throttle.ask(session.idBytes(), ttl, now) : throttle.look(session.idBytes(), ttl, now);
  if (!answer.due) {
    // The throttle forgets a touch that was given up. So it is asked again before the session's next touch is due, but
    // not at every check: its table is in no processor's cache.
    session.notBefore(std::min(answer.next, now + answer.wait / 2));
    return std::nullopt;
  }
  if (!found.ends) return std::nullopt;
  return TouchWant{.id = std::move(id), .ttl = ttl, .ends = *found.ends, .session = found.session, .arrived = now};
}

/// The one Set-Cookie that nginx passes on, if there is a reason for one: several dead cookies to clear away, a
/// signature by an older secret to renew, or a rolling cookie whose session has just been touched.
std::optional<std::string> AuthEndpoint::cookieFor(const AuthCheck& check, const AuthDecision& decision,
                                                   bool touched) const {
  const SetCookie& configured = check.https ? cookie_over_https_ : cookie_over_http_;
  if (decision.all_dead) return render(expired(configured));
  if (decision.status != CheckStatus::kValid) return std::nullopt;
  const AuthCandidate& winner = *decision.winner;
  const KnownSession& session = *winner.found->session;
  const bool renew = winner.verified && winner.verified->secret > 0;
  const bool roll = touched && settings_.cookie.rolling && session.cookieMaxAge();
  if (!renew && !roll) return std::nullopt;
  const std::optional<SetCookie> cookie =
      cookieToResend(session.cookieAttributes(), session.cookieMaxAge(), configured.name,
                     parts_.signer.sign(session.id()), check.https, parts_.loader.clock.wallNow());
  if (!cookie) return std::nullopt;
  return render(*cookie);
}

}  // namespace sessiond
