// Why a request with this cookie is let in or refused: the session check's own steps, each in words. Nothing is changed
// by it, and neither a secret nor a session's id is said.

#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "endpoints/auth/login_address.h"
#include "session/auth_check.h"
#include "session/facts_reader.h"
#include "session/new_session.h"
#include "session/revoked_sessions.h"
#include "session/signed_cookie.h"
#include "sessionctl/commands.h"
#include "sessionctl/redis_site.h"
#include "sessionctl/refusal_words.h"

namespace sessiond::ctl {
namespace {

struct Step {
  std::string name;
  std::string says;
};

FactsReader::Stands standsIn(HtpasswdDirectory* htpasswd) {
  if (htpasswd == nullptr) return {};
  return [htpasswd](std::uint64_t password_tag) { return htpasswd->stands(password_tag); };
}

/// A check as the daemon makes it, with nothing in memory.
class Explanation {
 public:
  Explanation(RedisSite& site, const ExplainOptions& what, std::string cookies);

  /// REQUIRES: called once.
  AuthDecision explain();
  const std::vector<Step>& steps() const { return steps_; }
  std::vector<std::string> headersOf(const AuthDecision& decision) const;

 private:
  void say(std::string name, std::string says) { steps_.push_back({std::move(name), std::move(says)}); }
  bool choosePolicy();
  void readCookies();
  void verify(AuthCandidate& candidate, const std::string& name);
  void load();
  void sayStored(const SessionLoad& load, const FoundSession& found, const std::string& name);
  void sayFacts(const KnownSession& session, const std::string& name);

  RedisSite& site_;
  const Config& config_;
  const ExplainOptions& what_;
  const std::string cookies_;
  const std::vector<Param> params_;
  const CookieSigner signer_;
  const FactsExtractor extractor_;
  const RevokedSessions revoked_;
  LoginEpoch epoch_;
  const FactsReader reader_;
  AuthCheck check_;
  std::vector<Step> steps_;
};

Explanation::Explanation(RedisSite& site, const ExplainOptions& what, std::string cookies)
    : site_(site),
      config_(site.config),
      what_(what),
      cookies_(std::move(cookies)),
      params_{{"HTTP_COOKIE", cookies_}},
      signer_(config_.session.secrets),
      extractor_(config_.extractionRules()),
      revoked_(site.clock, site.metrics),
      reader_(
          extractor_, TombstoneLifetime::from(config_.session, config_.cookie, config_.logout), revoked_, epoch_,
          site.log_key, site.metrics, [](const SessionId&, std::chrono::seconds) {},
          standsIn(site.prepared.htpasswd.get())) {}

AuthDecision Explanation::explain() {
  if (!choosePolicy()) return {};
  readCookies();
  load();
  return decide(check_, config_.session.absolute_timeout, site_.clock.wallNow());
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
  if (check_.cut == CheckStatus::kTooLarge) says += "; what lies beyond 16 KiB of cookies is not looked at";
  say("cookies", says);
  std::size_t number = 0;
  for (AuthCandidate& candidate : check_.candidates) verify(candidate, "cookie " + std::to_string(++number));
}

void Explanation::verify(AuthCandidate& candidate, const std::string& name) {
  auto verified = signer_.verify(candidate.cookie);
  if (!verified) {
    candidate.failure = verified.error();
    const bool is_forged = verified.error() == CheckStatus::kForged;
    const std::string secrets = std::to_string(config_.session.secrets.size());
    say(name, is_forged ? "its signature is by none of the " + secrets + " secrets"
                        : "no signed value: an Express session's begins with s%3A and ends with a dot and a signature");
    return;
  }
  const std::string& file = config_.session.secret_files[verified->secret];
  say(name, "signed by secret " + std::to_string(verified->secret + 1) + " (" + file +
                (verified->secret == 0 ? ")" : "), not the first: it is signed anew when it is let in") +
                "; it leads to session " + site_.handles.of(verified->id));
  candidate.verified = *std::move(verified);
}

void Explanation::load() {
  std::vector<AuthCandidate*> wanting;
  std::vector<SessionLoad> loads;
  for (AuthCandidate& candidate : check_.candidates) {
    if (!candidate.verified) continue;
    wanting.push_back(&candidate);
    loads.push_back({.id = &candidate.verified->id, .wants_ttl = true});
  }
  if (loads.empty()) return;
  std::vector<FoundSession> found = reader_.load(site_.store, loads, site_.clock);
  for (std::size_t i = 0; i < loads.size(); ++i) {
    wanting[i]->found = std::move(found[i]);
    sayStored(loads[i], *wanting[i]->found, "session " + site_.handles.of(*loads[i].id));
  }
}

void Explanation::sayStored(const SessionLoad& load, const FoundSession& found, const std::string& name) {
  if (!load.result) {
    const bool is_damaged = load.result.error() == StoreError::kCorrupt;
    say(name, is_damaged ? "its key in Redis holds something that is no string" : "Redis gave no answer");
  } else if (load.result->revoked) {
    say(name, std::string("a tombstone stands for it in Redis: it was ended") +
                  (load.result->json ? ", and an application has written it back since" : ""));
  } else if (!load.result->json) {
    say(name, "Redis has no key of it, below " + site_.keys.sessions() + " (session.key_prefix)");
  } else {
    const auto left = load.result->ttl;
    say(name, std::to_string(load.result->json->size()) + " bytes in Redis, below " + site_.keys.sessions() +
                  ", which end " + (left && *left != kNoEnd ? "in " + inWords(*left) : "never") + " if nobody uses it");
    if (found.presence == Presence::kRevoked)
      say(name, "its user was removed, disabled or given another password since, or everybody was logged out");
  }
  if (found.presence == Presence::kPresent && found.session) sayFacts(*found.session, name);
}

void Explanation::sayFacts(const KnownSession& session, const std::string& name) {
  const DecisionFacts& facts = session.facts();
  std::string says = std::string(wordsOf(facts.state).meaning);
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

/// As the daemon's answer has them.
std::vector<std::string> Explanation::headersOf(const AuthDecision& decision) const {
  std::vector<std::string> headers{"X-Session-Status: " + std::string(nameOf(decision.status))};
  const bool is_valid = decision.status == CheckStatus::kValid;
  if (!is_valid && !decision.admitted_as_nobody) {
    if (refusalCode(decision.status) == 401)
      headers.push_back("X-Session-Login: " + loginAddress(config_.login.url, what_.url));
    return headers;
  }
  const HeaderLines lines = is_valid ? decision.winner->found->session->identity() : extractor_.nobody().identity;
  for (std::string_view rest = lines.text(); !rest.empty();) {
    const std::size_t end = std::min(rest.find("\r\n"), rest.size());
    headers.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  return headers;
}

/// A Cookie header's value; a text without the session cookie's name is taken for the value of that cookie.
std::string cookiesIn(std::string text, const std::string& name) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
  for (const std::string_view prefix : {"Cookie: ", "cookie: "})
    if (text.starts_with(prefix)) text.erase(0, prefix.size());
  const bool is_header = text.empty() || text.find('=') != std::string::npos;
  return is_header ? text : name + "=" + text;
}

Expected<std::string, std::string> readCookieText(const std::string& file) {
  constexpr std::size_t kLargest = std::size_t{1024} * 1024;
  if (file == "-") {
    auto bytes = readBytes(STDIN_FILENO, kLargest);
    if (!bytes) return Unexpected(std::string("standard input cannot be read"));
    return *std::move(bytes);
  }
  auto contents = readFile(file, kLargest);
  if (!contents) return Unexpected(file + ": " + contents.error());
  return std::move(contents->bytes);
}

int sayExplained(const CommonOptions& options, const Explanation& explanation, const AuthDecision& decision) {
  const bool is_granted = decision.status == CheckStatus::kValid || decision.admitted_as_nobody;
  const int code = is_granted ? 204 : refusalCode(decision.status);
  const StatusWords words = wordsOf(decision.status);
  const std::vector<std::string> headers = explanation.headersOf(decision);
  if (options.json) {
    std::vector<std::string> steps;
    for (const Step& step : explanation.steps())
      steps.push_back(JsonObject().text("step", step.name).text("says", step.says).json());
    std::vector<std::string> lines;
    lines.reserve(headers.size());
    for (const std::string& header : headers) lines.push_back(jsonString(header));
    std::printf("%s\n", JsonObject()
                            .flag("ok", true)
                            .text("status", nameOf(decision.status))
                            .number("code", code)
                            .flag("granted", is_granted)
                            .text("meaning", words.meaning)
                            .textOrNull("remedy", is_granted ? "" : words.remedy)
                            .list("steps", steps)
                            .list("headers", lines)
                            .json()
                            .c_str());
    return EX_OK;
  }
  std::vector<std::vector<std::string>> rows;
  for (const Step& step : explanation.steps()) rows.push_back({step.name, step.says});
  const std::string nobody = decision.admitted_as_nobody ? ", let in as nobody" : "";
  rows.push_back({"decision", std::to_string(code) + " " + std::string(nameOf(decision.status)) + ": " +
                                  std::string(words.meaning) + nobody});
  for (const std::string& header : headers) rows.push_back({"header", header});
  if (!is_granted) rows.push_back({"what to do", std::string(words.remedy)});
  printTable({"", ""}, std::move(rows));
  return EX_OK;
}

}  // namespace

int explain(const CommonOptions& options, const ExplainOptions& what) {
  const auto text = readCookieText(what.cookie_file);
  if (!text) return fail(options, EX_NOINPUT, text.error());
  const auto site = openSite(options);
  if (!site) return site.error();
  Explanation explanation(**site, what, cookiesIn(*text, (*site)->config.cookie.name));
  const AuthDecision decision = explanation.explain();
  return sayExplained(options, explanation, decision);
}

}  // namespace sessiond::ctl
