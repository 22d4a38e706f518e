// What the tests of login and logout share: a configuration, stores in memory, and requests as nginx sends them.

#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/metrics.h"
#include "endpoints/pages/page_book.h"
#include "endpoints/site_settings.h"
#include "http/request.h"
#include "http/response.h"
#include "session/session_ender.h"
#include "session/session_finder.h"
#include "session/signed_cookie.h"
#include "support/fake_clock.h"
#include "support/memory_session_store.h"
#include "support/session_ids.h"

namespace sessiond {

using Params = std::vector<std::pair<std::string, std::string>>;

/// The value of a response's header; "(none)" when it is not there.
inline std::string header(const Response& response, std::string_view name) {
  const std::string& lines = response.headers.lines();
  const std::string start = std::string(name) + ": ";
  std::size_t at = lines.starts_with(start) ? 0 : lines.find("\r\n" + start);
  if (at == std::string::npos) return "(none)";
  if (at != 0 || !lines.starts_with(start)) at += 2;
  at += start.size();
  return lines.substr(at, lines.find("\r\n", at) - at);
}

/// All values of Set-Cookie.
inline std::vector<std::string> setCookies(const Response& response) {
  const std::string& lines = response.headers.lines();
  std::vector<std::string> cookies;
  for (std::size_t at = lines.find("Set-Cookie: "); at != std::string::npos; at = lines.find("Set-Cookie: ", at)) {
    at += 12;
    cookies.push_back(lines.substr(at, lines.find("\r\n", at) - at));
  }
  return cookies;
}

/// The request that `params` and `body` make; they must outlive it.
inline std::vector<Param> viewsOf(const Params& params) {
  std::vector<Param> views;
  for (const auto& [name, value] : params) views.push_back({name, value});
  return views;
}

/// What an endpoint answers when there is no time for it.
template <typename Endpoint>
struct TurnedAway {
  const Endpoint& endpoint;
  Response answer(const Request& request) const { return endpoint.turnAway(request); }
};

class EndpointFixture : public testing::Test {
 protected:
  EndpointFixture() {
    settings_.session.secrets.emplace_back(std::string("first secret"));
    settings_.login.allowed_origins = {"https://app.example"};
    settings_.login.default_redirect = "/start";
    settings_.logout.redirect = "/bye";
  }

  /// Any endpoint's answer to a request from the site itself over https, unless `params` say otherwise: a later
  /// parameter of a name replaces these.
  template <typename Endpoint>
  Response ask(const Endpoint& endpoint, std::string_view method, const Params& more = {}, std::string body = "") {
    Params params = {{"REQUEST_METHOD", std::string(method)},
                     {"SESSIOND_SCHEME", "https"},
                     {"SESSIOND_HOST", "site.example"},
                     {"SESSIOND_ADDR", "192.0.2.17"}};
    for (const auto& [name, value] : more) {
      std::erase_if(params, [&name = name](const auto& param) { return param.first == name; });
      params.emplace_back(name, value);
    }
    const std::vector<Param> views = viewsOf(params);
    Request request;
    request.params = views;
    request.body = body;
    return endpoint.answer(request);
  }

  std::string cookieFor(std::string_view id) const { return "connect.sid=" + signer_.sign(idOf(id)); }
  bool noteSession(std::string_view user, const SessionId& id) {
    const IndexedSession one{.user_id = std::string(user), .id = id, .life = std::chrono::hours(1)};
    return index_.add(one).hasValue();
  }
  /// The id in a Set-Cookie value.
  SessionId idIn(const std::string& set_cookie) const {
    const std::size_t value = set_cookie.find('=') + 1;
    const auto verified = signer_.verify(set_cookie.substr(value, set_cookie.find(';') - value));
    EXPECT_TRUE(verified.hasValue()) << set_cookie;
    return verified ? verified->id : idOf("none");
  }
  std::uint64_t count(std::string_view name, const std::string& outcome) {
    return metrics_.counter(name, "", {{"outcome", outcome}}).read();
  }

  PageBook pageBook() const {
    auto book = PageBook::read(settings_.pages, settings_.login);
    EXPECT_TRUE(book.hasValue());
    return *std::move(book);
  }
  std::unique_ptr<SessionFinder> sessionFinder(SessionStore& store) {
    return std::make_unique<SessionFinder>(settings_.extractionRules(), SessionFinderParts{.session = settings_.session,
                                                                                           .cookie = settings_.cookie,
                                                                                           .logout = settings_.logout,
                                                                                           .signer = signer_,
                                                                                           .store = store,
                                                                                           .revoked = revoked_,
                                                                                           .epoch = epoch_,
                                                                                           .clock = clock_,
                                                                                           .log_key = log_key_,
                                                                                           .metrics = metrics_,
                                                                                           .stands = stands_});
  }

  SiteSettings settings_;
  FactsReader::Stands stands_;
  FakeClock clock_;
  MemorySessionStore store_{clock_};
  MemoryUserSessionIndex index_{clock_};
  MetricsRegistry metrics_;
  RevokedSessions revoked_{clock_, metrics_};
  LoginEpoch epoch_;
  HmacKey log_key_{Secret(std::string("log key"))};
  const std::vector<Secret> secrets_ = [] {
    std::vector<Secret> secrets;
    secrets.emplace_back(std::string("first secret"));
    return secrets;
  }();
  CookieSigner signer_{secrets_};
};

}  // namespace sessiond
