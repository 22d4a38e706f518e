// SiteSettings: all that can be set about one site: its sessions, its cookie, who may pass, how one logs in and out.

#pragma once

#include <string>
#include <vector>

#include "base/secret.h"
#include "endpoints/account/sessions_settings.h"
#include "endpoints/pages/pages_settings.h"
#include "login/login_settings.h"
#include "session/app_cache.h"
#include "session/cookie_settings.h"
#include "session/facts_extractor.h"
#include "session/identity_header.h"
#include "session/logout_settings.h"
#include "session/session_policy.h"
#include "session/session_settings.h"

namespace sessiond {

/// The applications' own endpoints: `session` and `cache`.
struct ApiSettings {
  bool enabled = false;
  std::string token_file;
  Secret token;                      ///< read from token_file; empty: there is none
  bool allow_without_token = false;  ///< every program on this machine may read and change sessions
  bool may_change_user = false;      ///< applications may change what says who somebody is (session_patch.h)
};

/// Movable, not copyable (it holds secrets). Outlives whatever is built from it.
struct SiteSettings {
  SessionSettings session;
  CookieSettings cookie;
  std::vector<IdentityHeader> identity = {
      identityHeader("X-User-Id", "/user/id"),
      identityHeader("X-User-Name", "/user/name"),
      identityHeader("X-User-Email", "/user/email"),
      identityHeader("X-User-Roles", "/user/roles"),
  };
  std::vector<SessionPolicy> policies = {{.name = "default"}};
  LoginSettings login;
  LogoutSettings logout;
  SessionsSettings sessions;
  PagesSettings pages;
  ApiSettings api;
  AppCacheSettings cache;

  /// What a session of this site is read by.
  ExtractionRules extractionRules() const { return {session, identity, policies}; }
};

}  // namespace sessiond
