#include "config/config_validator.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/loopback.h"
#include "config/option_value.h"
#include "config/redis_validator.h"
#include "config/secret_option.h"
#include "config/units.h"
#include "endpoints/pages/page_book.h"
#include "json/json_pointer.h"
#include "os/host_port.h"
#include "session/session_policy.h"

namespace sessiond {
namespace {

void checkListen(const ListenSettings& listen, ConfigReport& report) {
  constexpr std::uint32_t kWritableByOthers = 0002;
  if (!report.areSound({"listen.socket", "listen.mode"})) return;
  if (!listen.socket.starts_with('/')) {
    const std::optional<HostPort> address = parseHostPort(listen.socket);
    if (address && !isLoopback(address->host)) {
      report.warning("listen.socket", "other machines can reach " + listen.socket +
                                          ", and FastCGI knows no password; a unix socket or 127.0.0.1 is safer");
    }
  } else if ((listen.mode & kWritableByOthers) != 0) {
    report.warning("listen.mode", "lets every program on this machine use the socket; 0660 with a group is safer");
  }
}

void checkSession(const SessionSettings& session, ConfigReport& report) {
  if (report.areSound({"session.touch_interval", "session.idle_timeout"}) &&
      session.touch_interval >= session.idle_timeout) {
    report.error("session.touch_interval",
                 "must be shorter than idle_timeout, " + formatDuration(session.idle_timeout) + ", but is " +
                     formatDuration(session.touch_interval) + ": sessions in use would expire between two touches");
  }
  if (report.areSound({"session.absolute_timeout", "session.idle_timeout"}) && session.absolute_timeout.count() > 0 &&
      session.absolute_timeout < session.idle_timeout) {
    report.warning("session.absolute_timeout",
                   "is " + formatDuration(session.absolute_timeout) + ", shorter than idle_timeout, " +
                       formatDuration(session.idle_timeout) +
                       ": no session from a login here lives long enough to be unused for that long");
  }
  constexpr std::size_t kRoomInNginx = std::size_t{12} * 1024;  // of fastcgi_buffer_size 16k, beside the other headers
  if (report.isSound("session.identity_max_bytes") && session.identity_max_bytes > kRoomInNginx) {
    report.warning("session.identity_max_bytes", "is " + formatSize(session.identity_max_bytes) +
                                                     "; nginx fails on more than fastcgi_buffer_size, 16k in the "
                                                     "shipped snippets, all headers together");
  }
  if (!report.isSound("session.secret_files")) return;
  if (session.secret_files.empty()) {
    report.error("session.secret_files", "must name at least one file with a secret" + std::string(kMakeSecret));
  } else if (session.secret_files.size() > SessionSettings::kMaxSecrets) {
    report.error("session.secret_files", "must name at most " + std::to_string(SessionSettings::kMaxSecrets) +
                                             " files but names " + std::to_string(session.secret_files.size()));
  }
}

/// Browsers drop a Set-Cookie that breaks one of these rules (RFC 6265bis §4.1.3, §5.7), and a login would lead
/// nowhere. `secure: auto` is not enough: over plain http it leaves Secure out.
void checkCookie(const CookieSettings& cookie, ConfigReport& report) {
  if (!report.areSound({"cookie.name", "cookie.secure"})) return;
  const bool is_secure = cookie.secure == SecureOption::kAlways;
  const bool is_host_only = startsWithoutCase(cookie.name, "__host-");
  if ((is_host_only || startsWithoutCase(cookie.name, "__secure-")) && !is_secure) {
    report.error("cookie.name", cookie.name + " needs cookie.secure: always; browsers drop it otherwise");
  }
  if (is_host_only && report.isSound("cookie.path") && cookie.path != "/") {
    report.error("cookie.name", cookie.name + " needs cookie.path: / but that is " + shown(cookie.path));
  }
  if (is_host_only && report.isSound("cookie.domain") && !cookie.domain.empty()) {
    report.error("cookie.name", cookie.name + " needs an empty cookie.domain but that is " + shown(cookie.domain));
  }
  if (cookie.same_site == SameSite::kNone && !is_secure) {
    report.error("cookie.same_site", "none needs cookie.secure: always; browsers drop the cookie otherwise");
  }
  if (cookie.partitioned && !is_secure) {
    report.error("cookie.partitioned", "needs cookie.secure: always; browsers drop the cookie otherwise");
  }
}

/// RFC 6265 §5.1.4.
bool isSentTo(std::string_view address, std::string_view cookie_path) {
  if (!address.starts_with(cookie_path)) return false;
  return address.size() == cookie_path.size() || cookie_path.ends_with('/') || address[cookie_path.size()] == '/';
}

/// Nginx cannot have a second location of theirs, and who is led to the login would end up there.
void checkLoginUrl(const LoginSettings& login, ConfigReport& report) {
  for (const std::string_view taken : PageBook::kOwnUrls)
    if (login.url == taken) report.error("login.url", "must be an address of its own but is " + shown(taken));
}

/// Logout, list and login look at the cookie that comes to their addresses. Where none comes there is nothing to end,
/// and they say that all is done; so this is an error wherever people log in here. An application that makes the
/// sessions can end them as well.
void checkCookiePath(const SiteSettings& site, ConfigReport& report) {
  if (!report.areSound({"cookie.path", "login.authenticators", "login.url"})) return;
  const std::string& path = site.cookie.path;
  const bool log_in_here = !site.login.authenticators.empty();
  const std::string login_url = site.login.url + " (login.url)";
  std::vector<std::string_view> beyond;
  for (const std::string_view address : PageBook::kOwnUrls) {
    if (!isSentTo(address, path)) beyond.push_back(address);
  }
  if (log_in_here && !isSentTo(site.login.url, path)) beyond.push_back(login_url);
  if (beyond.empty()) return;
  const std::string no_end = ": browsers send no cookie there, and a logout says that it is done and ends nothing";
  if (log_in_here) {
    report.error("cookie.path", "must have " + oneOf(beyond, " and ") +
                                    " below it, because people log in here (login.authenticators), but is " +
                                    shown(path) + no_end + "; write path: /");
  } else {
    report.warning("cookie.path", "is " + shown(path) + ", with " + oneOf(beyond, " and ") + " not below it" + no_end +
                                      "; write path: /, or let the application that makes the sessions end them too");
  }
}

/// A login gives the session the cookie's own life (as Express does); so the longer of the two counts.
void checkCookieLife(const SiteSettings& site, ConfigReport& report) {
  if (!report.areSound({"cookie.max_age", "session.idle_timeout", "session.absolute_timeout"})) return;
  if (!site.cookie.max_age) return;
  const std::chrono::seconds max_age = *site.cookie.max_age;
  const std::chrono::seconds absolute = site.session.absolute_timeout;
  if (absolute.count() > 0 && max_age > absolute) {
    report.warning("cookie.max_age", "is " + formatDuration(max_age) + ", longer than session.absolute_timeout, " +
                                         formatDuration(absolute) + ": browsers keep a cookie that no longer logs in");
  } else if (max_age > site.session.idle_timeout) {
    report.warning("cookie.max_age", "is " + formatDuration(max_age) + ", longer than session.idle_timeout, " +
                                         formatDuration(site.session.idle_timeout) +
                                         ": a session from a login here lives as long as its cookie, used or not");
  }
}

/// A login made here holds nothing of its user elsewhere, so it would be nobody's: no list would name it, no limit
/// count it, and "everywhere" would leave it alone.
void checkUserId(const SiteSettings& site, ConfigReport& report) {
  if (!report.areSound({"session.user_id_at", "session.user_at", "login.authenticators"})) return;
  const std::string& user_at = site.session.user_at;
  if (site.login.authenticators.empty() || isAtOrBelow(site.session.userIdAt(), user_at)) return;
  report.error("session.user_id_at", "must stand at or below session.user_at, " + shown(user_at) +
                                         ", because people log in here (login.authenticators), but is " +
                                         shown(site.session.user_id_at));
}

/// Who moves the user moves the id that is required with it.
void checkIdentity(const SiteSettings& site, ConfigReport& report) {
  if (!report.areSound({"identity", "session.user_at"})) return;
  const std::string& user_at = site.session.user_at;
  for (const IdentityHeader& header : site.identity) {
    if (!header.required || isAtOrBelow(header.from, user_at)) continue;
    report.warning("identity." + header.name,
                   "is required but looks at " + shown(header.from) + ", which is not below session.user_at, " +
                       shown(user_at) +
                       ": whoever has no value there is refused (403); where the id stands there itself: identity: {" +
                       header.name + ": " + user_at + "}");
  }
}

/// A login made here puts an object there, and as it stands none can be sent.
void checkIdentityOfLogins(const SiteSettings& site, ConfigReport& report) {
  if (!report.areSound({"identity", "session.user_at", "login.authenticators"})) return;
  if (site.login.authenticators.empty()) return;
  for (const IdentityHeader& header : site.identity) {
    const bool refuses = header.required || header.lost == LostValue::kRefuse;
    if (!refuses || header.from != site.session.user_at || header.encode != IdentityEncoding::kUtf8) continue;
    report.warning("identity." + header.name,
                   "looks at " + shown(header.from) +
                       ", session.user_at, where a login made here (login.authenticators) puts an object, which "
                       "cannot be sent without `encode`: every login here is refused; leave login.authenticators empty "
                       "where applications log in and keep nothing but an id there, else look at " +
                       shown(header.from + "/id"));
  }
}

void checkPolicies(const std::vector<SessionPolicy>& policies, ConfigReport& report) {
  if (policies.size() <= kMaxPolicies) return;
  report.error("policies", "must be at most " + std::to_string(kMaxPolicies) + ", `default` included, but are " +
                               std::to_string(policies.size()));
}

/// Only a login says when it was (_sd.authenticated), and what does not say it is stale. Where applications make all
/// sessions, such a policy lets nobody in; but another sessiond that shares them may make logins.
void checkAuthAges(const SiteSettings& site, ConfigReport& report) {
  if (!report.areSound({"policies", "login.authenticators"}) || !site.login.authenticators.empty()) return;
  for (const SessionPolicy& policy : site.policies) {
    if (policy.max_auth_age.count() == 0) continue;
    report.warning("policies." + policy.name + ".max_auth_age",
                   "is " + formatDuration(policy.max_auth_age) +
                       ", but nobody logs in here (login.authenticators), and sessions that applications make do not "
                       "say when the login was: each is refused as stale, however fresh it is; leave it out, unless "
                       "another sessiond makes the logins");
  }
}

void checkLogin(const LoginSettings& login, ConfigReport& report) {
  if (!report.areSound({"login.authenticators", "login.htpasswd_file"})) return;
  const bool uses_htpasswd = login.lists(AuthenticatorKind::kHtpasswd);
  if (uses_htpasswd && login.htpasswd_file.empty()) {
    report.error("login.htpasswd_file", "must name a file, because login.authenticators lists htpasswd");
  } else if (!uses_htpasswd && !login.htpasswd_file.empty()) {
    report.warning("login.htpasswd_file", "is not used, because login.authenticators does not list htpasswd");
  }
}

void checkHttpVerifier(const LoginSettings& login, ConfigReport& report) {
  if (!report.areSound({"login.authenticators", "login.http_verifier.url"})) return;
  const auto& kinds = login.authenticators;
  const auto place = std::find(kinds.begin(), kinds.end(), AuthenticatorKind::kHttp);
  if (place == kinds.end()) {
    if (!login.http_verifier.url.empty())
      report.warning("login.http_verifier.url", "is not used, because login.authenticators does not list http");
    return;
  }
  if (login.http_verifier.url.empty())
    report.error("login.http_verifier.url", "must name an address, because login.authenticators lists http");
  if (place + 1 != kinds.end())
    report.error("login.authenticators", "must have http as the last one: it says yes or no of every name, so " +
                                             std::string(wordOf(*(place + 1))) + " would never be asked");
}

void checkThrottle(const LoginGateSettings& throttle, ConfigReport& report) {
  if (!report.areSound({"login.throttle.stranger_first_wait", "login.throttle.stranger_longest_wait"})) return;
  if (throttle.stranger_first_wait <= throttle.stranger_longest_wait) return;
  report.error("login.throttle.stranger_first_wait", "must not be longer than stranger_longest_wait, " +
                                                         formatDuration(throttle.stranger_longest_wait) + ", but is " +
                                                         formatDuration(throttle.stranger_first_wait));
}

/// A session or a cached value must never be able to pass for a tombstone or a user.
void checkOwnPrefix(const Config& config, ConfigReport& report) {
  const std::string& own = config.sessiond.key_prefix;
  if (!report.isSound("sessiond.key_prefix")) return;
  for (const auto& [path, prefix] : {std::pair("session.key_prefix", config.session.key_prefix),
                                     std::pair("cache.key_prefix", config.cache.key_prefix)}) {
    if (!report.isSound(path) || !prefix.starts_with(own)) continue;
    report.error(path, "must not begin with " + own + ", where sessiond keeps its own keys, but is " + shown(prefix));
  }
}

/// Whoever may use the cache names the key behind its prefix; so nothing else may begin with that prefix.
void checkAppCache(const Config& config, ConfigReport& report) {
  if (!config.api.enabled || !report.areSound({"api.enabled", "cache.key_prefix", "session.key_prefix"})) return;
  const std::string& prefix = config.cache.key_prefix;
  for (const auto& [option, kept] : {std::pair("session.key_prefix", config.session.key_prefix),
                                     std::pair("sessiond.key_prefix", config.sessiond.key_prefix)}) {
    if (!kept.starts_with(prefix)) continue;
    report.error("cache.key_prefix", "cannot be \"" + shown(prefix) + "\": " + option + ", \"" + shown(kept) +
                                         "\", begins with it, and applications could read and write what is kept "
                                         "there; take another, such as app-cache:");
  }
  const std::string& sessions = config.session.key_prefix;
  if (!sessions.empty() && prefix != sessions && prefix.starts_with(sessions)) {
    report.error("cache.key_prefix", "must not begin with session.key_prefix, " + shown(sessions) +
                                         ", or what is cached could be taken for a session, but is " + shown(prefix));
  }
}

void checkApi(const ApiSettings& api, ConfigReport& report) {
  if (!report.areSound({"api.enabled", "api.token_file", "api.allow_without_token"})) return;
  if (!api.enabled && !api.token_file.empty()) {
    report.warning("api.token_file", "is not used, because api.enabled is false");
  } else if (api.enabled && api.token_file.empty() && !api.allow_without_token) {
    report.error("api.token_file",
                 "must name a file with a token, because api.enabled is true, and without one every program on this "
                 "machine may read and change sessions; make one with: openssl rand -hex 32 (or say "
                 "api.allow_without_token: true)");
  } else if (api.allow_without_token && !api.token_file.empty()) {
    report.warning("api.allow_without_token", "has no effect, because api.token_file names a token");
  }
}

}  // namespace

void validate(const Config& config, ConfigReport& report) {
  checkListen(config.listen, report);
  checkRedis(config, report);
  checkSession(config.session, report);
  checkCookie(config.cookie, report);
  checkLoginUrl(config.login, report);
  checkCookiePath(config, report);
  checkCookieLife(config, report);
  checkIdentity(config, report);
  checkIdentityOfLogins(config, report);
  checkUserId(config, report);
  checkPolicies(config.policies, report);
  checkAuthAges(config, report);
  checkLogin(config.login, report);
  checkHttpVerifier(config.login, report);
  checkThrottle(config.login.throttle, report);
  checkApi(config.api, report);
  checkOwnPrefix(config, report);
  checkAppCache(config, report);
}

void checkOpenFiles(const ListenSettings& listen, std::uint64_t limit, ConfigReport& report) {
  constexpr std::uint64_t kOthers = 64;  // Redis, the log, the listening socket, and so on
  if (!report.isSound("listen.max_connections") || listen.max_connections + kOthers <= limit) return;
  report.warning("listen.max_connections",
                 "is " + std::to_string(listen.max_connections) + ", but a process started from here may have only " +
                     std::to_string(limit) + " files open; raise LimitNOFILE in the unit (ulimit -n in a shell)");
}

}  // namespace sessiond
