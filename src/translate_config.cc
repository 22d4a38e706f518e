#include "translate_config.h"

#include "base/check.h"
#include "endpoints/session_cookie.h"

namespace sessiond {

namespace {

IdentityEncoding encodingOf(IdentityEncodingOption option) {
  switch (option) {
    case IdentityEncodingOption::kUtf8:
      return IdentityEncoding::kUtf8;
    case IdentityEncodingOption::kPercent:
      return IdentityEncoding::kPercent;
    case IdentityEncodingOption::kBase64Url:
      return IdentityEncoding::kBase64Url;
  }
  SESSIOND_CHECK(false);
}

}  // namespace

std::vector<SessionPolicy> policiesOf(const Config& config) {
  std::vector<SessionPolicy> policies;
  for (const PolicyConfig& policy : config.policies) {
    policies.push_back({.name = policy.name,
                        .require_session = policy.require_session,
                        .roles_any = policy.roles_any,
                        .roles_all = policy.roles_all,
                        .match = policy.match,
                        .max_auth_age = policy.max_auth_age});
  }
  return policies;
}

ExtractionRules extractionRulesOf(const Config& config) {
  ExtractionRules rules;
  rules.user_at = config.session.user_at;
  rules.roles_at = config.session.roles_at;
  for (const IdentityHeaderConfig& header : config.identity) {
    IdentityHeader& rule = rules.identity.emplace_back(identityHeader(header.name, header.from));
    if (header.join != ",") rule.join = header.join;
    rule.encode = encodingOf(header.encode);
    rule.required = rule.required || header.required;
  }
  rules.identity_max_bytes = config.session.identity_max_bytes;
  rules.max_bytes = config.session.max_bytes;
  rules.idle_timeout = config.session.idle_timeout;
  rules.policies = policiesOf(config);
  return rules;
}

AuthSettings authSettingsOf(const Config& config) {
  AuthSettings settings;
  settings.cookie_over_http = configuredCookie(config.cookie, false);
  settings.cookie_over_https = configuredCookie(config.cookie, true);
  settings.rolling = config.cookie.rolling;
  settings.login_url = config.login.url;
  settings.absolute_timeout = config.session.absolute_timeout;
  settings.policies = policiesOf(config);
  return settings;
}

SessionFinderSettings finderSettingsOf(const Config& config) {
  return {.cookie_name = config.cookie.name,
          .absolute_timeout = config.session.absolute_timeout,
          .tombstone_lifetime = config.logout.tombstone_lifetime};
}

ServerOptions serverOptionsOf(const Config& config) {
  ServerOptions options;
  options.lanes = config.listen.lanes;
  options.loaders = config.listen.loaders;
  options.workers = config.listen.workers;
  options.max_connections = config.listen.max_connections;
  options.request_timeout = config.listen.request_timeout;
  return options;
}

}  // namespace sessiond
