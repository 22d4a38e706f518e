// A login endpoint with stores in memory and an authenticator that knows one user.

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "endpoints/login/login.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "base/crypto.h"
#include "support/memory_attempt_store.h"
#include "unit/endpoints/endpoint_fixture.h"

namespace sessiond {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

class FakeAuthenticator final : public Authenticator {
 public:
  Expected<User, AuthenticationFailure> authenticate(const Credentials& credentials) override {
    ++calls;
    if (failure) return Unexpected(*failure);
    if (credentials.name != "ada") return Unexpected(AuthenticationFailure::kUnknownUser);
    if (credentials.password != "a&b c") return Unexpected(AuthenticationFailure::kWrongPassword);
    return User{.json = json};
  }

  std::string json = R"({"id":"42","name":"ada","roles":["admin"]})";
  std::optional<AuthenticationFailure> failure;
  int calls = 0;
};

class LoginTest : public EndpointFixture {
 protected:
  /// Call after the configuration has been changed.
  void build() {
    pages_ = std::make_unique<PageBook>(pageBook());
    finder_ = sessionFinder(store_);
    csrf_ = std::make_unique<CsrfGuard>(secrets_, settings_.cookie.secure, clock_);
    ender_ = std::make_unique<SessionEnder>(
        SessionEnderParts{.settings = settings_.session,
                          .tombstones = TombstoneLifetime::from(settings_.session, settings_.cookie, settings_.logout),
                          .store = store_,
                          .index = index_,
                          .log_key = log_key_,
                          .clock = clock_,
                          .metrics = metrics_});
    gate_ = std::make_unique<LoginGate>(settings_.login.throttle, secrets_.front(), attempts_, attempts_, clock_);
    entrance_ = std::make_unique<PasswordEntrance>(EntranceParts{
        .settings = settings_, .gate = *gate_, .devices = devices_, .authenticator = authenticator_, .clock = clock_});
    audit_ = std::make_unique<LoginAudit>(audit_addresses_, log_key_, clock_);
    list_ = std::make_unique<SessionList>(
        SessionList::Parts{settings_.session, store_, finder_.get(), index_, handles_, clock_});
    cap_ = std::make_unique<SessionCap>(
        SessionCap::Parts{settings_, *pages_, *csrf_, index_, *ender_, *list_, tickets_, metrics_});
    extractor_ = std::make_unique<FactsExtractor>(settings_.extractionRules());
    starter_ = std::make_unique<SessionStarter>(SessionStarterParts{.session = settings_.session,
                                                                    .cookie = settings_.cookie,
                                                                    .extractor = *extractor_,
                                                                    .signer = signer_,
                                                                    .store = store_,
                                                                    .clock = clock_});
    endpoint_ = std::make_unique<LoginEndpoint>(
        LoginParts{.settings = settings_,
                   .pages = *pages_,
                   .finder = *finder_,
                   .csrf = *csrf_,
                   .signer = signer_,
                   .end = [this](const auto& ids, std::string_view why) { EXPECT_TRUE(ender_->end(ids, why)); },
                   .starter = *starter_,
                   .cap = *cap_,
                   .entrance = *entrance_,
                   .audit = *audit_,
                   .log_key = log_key_,
                   .clock = clock_,
                   .metrics = metrics_});
  }
  LoginTest() { build(); }

  Response get(const Params& params = {}) { return ask(*endpoint_, "GET", params); }

  static std::string fieldIn(const Response& page, const std::string& name) {
    const std::string start = "name=\"" + name + "\" value=\"";
    const std::size_t at = page.body.find(start);
    if (at == std::string::npos) return "(none)";
    return page.body.substr(at + start.size(), page.body.find('"', at + start.size()) - at - start.size());
  }

  /// Where the page's form is sent to.
  static std::string actionIn(const Response& page) {
    const std::string start = "<form method=\"post\" action=\"";
    const std::size_t at = page.body.find(start);
    if (at == std::string::npos) return "(none)";
    return page.body.substr(at + start.size(), page.body.find('"', at + start.size()) - at - start.size());
  }

  /// The page's token and cookie, as a browser has them when it sends the form.
  void openPage() {
    const Response page = get();
    token_ = fieldIn(page, "csrf");
    csrf_cookie_ = cookieIn(page);
  }
  /// What the browser sends back.
  static std::string cookieIn(const Response& response) {
    const std::string cookie = setCookies(response).at(0);
    return cookie.substr(0, cookie.find(';'));
  }
  Response postForm(const std::string& fields, Params more = {}) {
    if (token_.empty()) openPage();
    bool has_cookie = false;
    for (auto& [name, value] : more) {
      if (name != "HTTP_COOKIE") continue;
      has_cookie = true;
      value += "; " + csrf_cookie_;
    }
    if (!has_cookie) more.emplace_back("HTTP_COOKIE", csrf_cookie_);
    more.emplace_back("CONTENT_TYPE", "application/x-www-form-urlencoded");
    return ask(*endpoint_, "POST", more, fields + "&csrf=" + token_);
  }
  Response postJson(const std::string& body, Params more = {}) {
    more.emplace_back("CONTENT_TYPE", "application/json; charset=utf-8");
    return ask(*endpoint_, "POST", more, body);
  }

  FakeAuthenticator authenticator_;
  MemoryAttemptStore attempts_{clock_};
  const DeviceCookies devices_{secrets_, clock_};
  std::unique_ptr<LoginGate> gate_;
  std::unique_ptr<PasswordEntrance> entrance_;
  std::unique_ptr<LoginAudit> audit_;
  AuditAddresses audit_addresses_ = AuditAddresses::kHash;
  std::unique_ptr<PageBook> pages_;
  std::unique_ptr<SessionFinder> finder_;
  std::unique_ptr<CsrfGuard> csrf_;
  SessionHandles handles_{secrets_};
  EndSessionTickets tickets_{secrets_, clock_};
  std::unique_ptr<SessionList> list_;
  std::unique_ptr<SessionCap> cap_;
  std::unique_ptr<SessionEnder> ender_;
  std::unique_ptr<FactsExtractor> extractor_;
  std::unique_ptr<SessionStarter> starter_;
  std::unique_ptr<LoginEndpoint> endpoint_;
  std::string token_;
  std::string csrf_cookie_;
};

const std::string kGoodForm = "user=ada&password=a%26b+c";
const std::string kGoodJson = R"({"user":"ada","password":"a&b c"})";

}  // namespace sessiond
