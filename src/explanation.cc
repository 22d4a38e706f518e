#include "explanation.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/encoding.h"
#include "base/in_words.h"
#include "base/parse.h"
#include "endpoints/auth/login_address.h"
#include "http/cookie_header.h"
#include "session/auth_check.h"
#include "session/new_session.h"
#include "session/signed_cookie.h"
#include "status_words.h"

namespace sessiond {
namespace {

/// One check.
class Explanation {
 public:
  Explanation(const ExplanationParts& parts, const CheckQuestion& what);

  /// REQUIRES: called once.
  ExplainedCheck explain();

 private:
  void say(std::string name, std::string says) { steps_.push_back({std::move(name), std::move(says)}); }
  AuthDecision decideAll();
  bool choosePolicy();
  void readCookies();
  void verify(AuthCandidate& candidate, const std::string& name);
  bool recall(AuthCandidate& candidate);
  void load();
  void sayStored(const SessionLoad& load, const FoundSession& found, const std::string& name);
  void sayFacts(const KnownSession& session, const std::string& name);
  std::vector<std::string> headersOf(const AuthDecision& decision) const;

  const ExplanationParts& parts_;
  const Config& config_;
  const CheckQuestion& what_;
  MetricsRegistry unshown_;
  const std::vector<Param> params_;
  const CookieSigner signer_;
  const FactsExtractor extractor_;
  const FactsReader reader_;
  AuthCheck check_;
  std::vector<ExplainedStep> steps_;
};

Explanation::Explanation(const ExplanationParts& parts, const CheckQuestion& what)
    : parts_(parts),
      config_(parts.config),
      what_(what),
      params_{{"HTTP_COOKIE", what.cookies}},
      signer_(config_.session.secrets),
      extractor_(config_.extractionRules()),
      reader_(
          extractor_, TombstoneLifetime::from(config_.session, config_.cookie, config_.logout), parts.revoked,
          parts.epoch, parts.log_key, unshown_, [](const SessionId&, std::chrono::seconds) {}, parts.stands) {}

ExplainedCheck Explanation::explain() {
  const AuthDecision decision = decideAll();
  const bool is_granted = decision.isGranted();
  return {.status = decision.status,
          .is_granted = is_granted,
          .as_nobody = decision.admitted_as_nobody,
          .code = is_granted ? 204 : refusalCode(decision.status),
          .steps = std::move(steps_),
          .headers = headersOf(decision)};
}

AuthDecision Explanation::decideAll() {
  if (!choosePolicy()) return {};
  readCookies();
  load();
  return decide(check_, config_.session.absolute_timeout, parts_.clock.wallNow());
}

bool Explanation::choosePolicy() {
  const auto policy = std::ranges::find(config_.policies, what_.policy, &SessionPolicy::name);
  if (policy == config_.policies.end()) {
    std::string names;
    for (const SessionPolicy& one : config_.policies) names += (names.empty() ? "" : ", ") + one.name;
    say("policy", what_.policy + " does not exist; there are: " + names);
    return false;
  }
  check_.policy = &*policy;
  check_.policy_index = static_cast<std::size_t>(policy - config_.policies.begin());
  std::string asks = policy->require_session ? "a login" : "nothing, but who is logged in is told";
  const auto add = [&asks](std::string_view what, const std::vector<std::string>& roles) {
    if (roles.empty()) return;
    asks += std::string("; ") + std::string(what);
    for (const std::string& role : roles) asks += " " + role;
  };
  add("one of the roles", policy->roles_any);
  add("all of the roles", policy->roles_all);
  for (const auto& [place, value] : policy->match) asks.append("; ").append(value).append(" at ").append(place);
  if (policy->max_auth_age.count() > 0) asks += "; a login of at most " + inWords(policy->max_auth_age) + " ago";
  say("policy", policy->name + " asks for " + asks);
  return true;
}

void Explanation::readCookies() {
  check_.addCandidates(findCookies(params_, config_.cookie.name));
  const std::size_t count = check_.candidates.size();
  std::string says = count == 0 ? "none" : std::to_string(count);
  says += std::string(" of the name ") + config_.cookie.name + " (cookie.name)";
  if (check_.cut == CheckStatus::kTooMany) says += "; there are more, which are not looked at";
  if (check_.cut == CheckStatus::kTooLarge) {
    says += "; what lies beyond " + std::to_string(kMaxCookieHeaderBytes / 1024) + " KiB of cookies is not looked at";
  }
  say("cookies", says);
  std::size_t number = 0;
  for (AuthCandidate& candidate : check_.candidates) verify(candidate, "cookie " + std::to_string(++number));
}

void Explanation::verify(AuthCandidate& candidate, const std::string& name) {
  if (!candidate.verify(signer_)) {
    const bool is_forged = candidate.failure == CheckStatus::kForged;
    const std::string secrets = std::to_string(config_.session.secrets.size());
    say(name, is_forged ? "its signature is by none of the " + secrets + " secrets"
                        : "no signed value: an Express session's begins with s%3A and ends with a dot and a signature");
    return;
  }
  const VerifiedCookie& verified = *candidate.verified;
  const std::string& file = config_.session.secret_files[verified.secret];
  say(name, "signed by secret_" + std::to_string(verified.secret) + " (" + file +
                (verified.secret == 0 ? ")" : "), not the first: it is signed anew when it is let in") +
                "; it leads to session " + parts_.handles.of(verified.id));
}

/// As a check does: what is fresh in memory needs no Redis.
bool Explanation::recall(AuthCandidate& candidate) {
  if (parts_.cache == nullptr) return false;
  auto found = parts_.cache->find(candidate.verified->id, parts_.clock.steadyNow());
  if (!found) return false;
  const std::string name = "session " + parts_.handles.of(candidate.verified->id);
  const bool is_there = !found->absence && found->session;
  say(name, is_there ? "is fresh in the daemon's memory, so Redis is not asked"
                     : "is known in the daemon's memory to be none, or ended, so Redis is not asked");
  if (is_there) sayFacts(*found->session, name);
  candidate.found = *std::move(found);
  return true;
}

void Explanation::load() {
  std::vector<AuthCandidate*> wanting;
  std::vector<SessionLoad> loads;
  for (AuthCandidate& candidate : check_.candidates) {
    if (!candidate.verified || recall(candidate)) continue;
    wanting.push_back(&candidate);
    loads.push_back({.id = &candidate.verified->id, .wants_ttl = true});
  }
  if (loads.empty()) return;
  std::vector<FoundSession> found = reader_.load(parts_.store, loads, parts_.clock);
  for (std::size_t i = 0; i < loads.size(); ++i) {
    wanting[i]->found = std::move(found[i]);
    sayStored(loads[i], *wanting[i]->found, "session " + parts_.handles.of(*loads[i].id));
  }
}

void Explanation::sayStored(const SessionLoad& load, const FoundSession& found, const std::string& name) {
  if (!load.result) {
    if (load.result.error() != StoreError::kCorrupt) say(name, "Redis gave no answer");
  } else if (load.result->revoked) {
    say(name, std::string("a tombstone stands for it in Redis: it was ended") +
                  (load.result->json ? ", and an application has written it back since" : ""));
  } else if (!load.result->json) {
    say(name, "Redis has no key of it, below " + parts_.keys.sessions() + " (session.key_prefix)");
  } else {
    const auto left = load.result->ttl;
    // Of a longer one no more is read than shows that it is.
    const std::size_t most = config_.session.max_bytes;
    const std::size_t size = load.result->json->size();
    const std::string bytes = size > most ? "more than " + std::to_string(most) : std::to_string(size);
    say(name, bytes + " bytes in Redis, below " + parts_.keys.sessions() + ", which end " +
                  (left && *left != kNoEnd ? "in " + inWords(*left) : "never") + " if nobody uses it");
    if (found.absence == CheckStatus::kRevoked)
      say(name, "its user was removed, disabled or given another password since, or everybody was logged out");
  }
  if (!found.absence && found.session) sayFacts(*found.session, name);
}

void Explanation::sayFacts(const KnownSession& session, const std::string& name) {
  const DecisionFacts& facts = session.facts();
  std::string says = std::string(wordsOf(facts.state).meaning);
  if (facts.state == CheckStatus::kCorrupt) {
    const DamageWords words = wordsOf(facts.damage, config_.session.max_bytes);
    says = words.meaning + "; " + std::string(words.remedy);
  }
  if (facts.state == CheckStatus::kValid) {
    says = session.userId().empty() ? "somebody without an id is logged in"
                                    : "user " + std::string(session.userId()) + " is logged in";
  }
  if (facts.created) says += ", since " + formatIsoTime(*facts.created);
  if (facts.authenticated) says += ", password given at " + formatIsoTime(*facts.authenticated);
  const auto absolute = config_.session.absolute_timeout;
  if (absolute.count() > 0 && facts.created) {
    says += ", until " + formatIsoTime(*facts.created + absolute) + " at the latest (session.absolute_timeout)";
  }
  if (facts.state == CheckStatus::kValid) {
    const bool is_met = (facts.policies_met >> check_.policy_index & 1) != 0;
    says += is_met ? "; has what the policy asks for" : "; has not what the policy asks for";
    if (facts.required_identity_missing) says += "; a required identity value is missing";
    if (facts.refused_identity_lost) says += "; an identity value cannot be sent as it stands";
  }
  say(name, says);
}

/// As the answer has them.
std::vector<std::string> Explanation::headersOf(const AuthDecision& decision) const {
  std::vector<std::string> headers{"X-Session-Status: " + std::string(nameOf(decision.status))};
  if (!decision.isGranted()) {
    if (refusalCode(decision.status) == 401)
      headers.push_back("X-Session-Login: " + loginAddress(config_.login.url, what_.url));
    return headers;
  }
  const HeaderLines lines = decision.identity(extractor_.nobody());
  for (std::string_view rest = lines.text(); !rest.empty();) {
    const std::size_t end = std::min(rest.find("\r\n"), rest.size());
    headers.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  return headers;
}

constexpr std::string_view kAsked = "explain:";

std::optional<CheckStatus> statusNamed(std::string_view name) {
  for (std::size_t i = 0; i < kCheckStatuses; ++i) {
    if (nameOf(static_cast<CheckStatus>(i)) == name) return static_cast<CheckStatus>(i);
  }
  return std::nullopt;
}

}  // namespace

ExplainedCheck explainCheck(const ExplanationParts& parts, const CheckQuestion& question) {
  return Explanation(parts, question).explain();
}

std::string wordOf(const CheckQuestion& question) {
  return std::string(kAsked) + base64UrlEncode(question.cookies) + ":" + base64UrlEncode(question.policy) + ":" +
         base64UrlEncode(question.url);
}

std::optional<CheckQuestion> checkQuestionIn(std::string_view word) {
  if (!word.starts_with(kAsked)) return std::nullopt;
  word.remove_prefix(kAsked.size());
  const std::size_t first = word.find(':');
  const std::size_t second = first == std::string_view::npos ? first : word.find(':', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  auto cookies = base64UrlDecode(word.substr(0, first));
  auto policy = base64UrlDecode(word.substr(first + 1, second - first - 1));
  auto url = base64UrlDecode(word.substr(second + 1));
  if (!cookies || !policy || !url) return std::nullopt;
  return CheckQuestion{*std::move(cookies), *std::move(policy), *std::move(url)};
}

std::vector<std::string> linesOf(const ExplainedCheck& check) {
  std::vector<std::string> lines = {"status\t" + std::string(nameOf(check.status)),
                                    "code\t" + std::to_string(check.code),
                                    std::string("granted\t") + (check.is_granted ? "yes" : "no"),
                                    std::string("as_nobody\t") + (check.as_nobody ? "yes" : "no")};
  for (const ExplainedStep& step : check.steps) lines.push_back("step\t" + step.name + "\t" + step.says);
  for (const std::string& header : check.headers) lines.push_back("header\t" + header);
  return lines;
}

std::optional<ExplainedCheck> explainedCheckIn(const std::vector<std::string>& lines) {
  ExplainedCheck check;
  std::optional<CheckStatus> status;
  for (const std::string_view line : lines) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos) return std::nullopt;
    const std::string_view name = line.substr(0, tab);
    const std::string_view value = line.substr(tab + 1);
    if (name == "status") status = statusNamed(value);
    if (name == "code") check.code = parseInteger<int>(value).value_or(0);
    if (name == "granted") check.is_granted = value == "yes";
    if (name == "as_nobody") check.as_nobody = value == "yes";
    if (name == "header") check.headers.emplace_back(value);
    if (name != "step") continue;
    const std::size_t end = std::min(value.find('\t'), value.size());
    check.steps.push_back(
        {std::string(value.substr(0, end)), std::string(value.substr(std::min(end + 1, value.size())))});
  }
  if (!status || check.code == 0) return std::nullopt;
  check.status = *status;
  return check;
}

}  // namespace sessiond
