#include "endpoints/csrf.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "http/cookie_header.h"
#include "support/secrets.h"
#include "unit/endpoints/endpoint_fixture.h"

namespace sessiond {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

class CsrfTest : public testing::Test {
 protected:
  /// A request with this Cookie header.
  template <typename Act>
  auto with(const std::string& cookie, const std::string& scheme, Act act) {
    const Params params = {{"SESSIOND_SCHEME", scheme}, {"HTTP_COOKIE", cookie}};
    const std::vector<Param> views = viewsOf(params);
    Request request;
    request.params = views;
    return act(request);
  }
  CsrfGuard::Ticket issue(const std::string& cookie = "", const std::string& scheme = "https") {
    return with(cookie, scheme, [this](const Request& request) { return guard_.issue(request); });
  }
  static std::string pairOf(const CsrfGuard::Ticket& ticket) {
    return ticket.set_cookie->substr(0, ticket.set_cookie->find(';'));
  }
  bool isGenuine(const std::string& cookie, const std::string& token) { return isGenuine(guard_, cookie, token); }
  bool isGenuine(const CsrfGuard& guard, const std::string& cookie, const std::string& token) {
    return check(guard, cookie, token) == CsrfVerdict::kGenuine;
  }
  CsrfVerdict check(const std::string& cookie, const std::string& token) { return check(guard_, cookie, token); }
  CsrfVerdict check(const CsrfGuard& guard, const std::string& cookie, const std::string& token) {
    return with(cookie, "https", [&](const Request& request) { return guard.check(request, token); });
  }

  FakeClock clock_;
  CsrfGuard guard_{secretsOf({"one"}), SecureOption::kAuto, clock_};
};

TEST_F(CsrfTest, ATokenIsGoodWithItsOwnCookieOnly) {
  const CsrfGuard::Ticket ticket = issue();
  EXPECT_TRUE(isGenuine(pairOf(ticket), ticket.token));
  EXPECT_FALSE(isGenuine("", ticket.token));
  EXPECT_FALSE(isGenuine(pairOf(issue()), ticket.token));
  EXPECT_FALSE(isGenuine(pairOf(ticket), issue().token));
}

TEST_F(CsrfTest, EveryChangeOfATokenSpoilsIt) {
  const CsrfGuard::Ticket ticket = issue();
  for (std::size_t i = 0; i < ticket.token.size(); ++i) {
    std::string changed = ticket.token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(isGenuine(pairOf(ticket), changed)) << i;
    EXPECT_FALSE(isGenuine(pairOf(ticket), ticket.token.substr(0, i))) << i;
  }
  EXPECT_FALSE(isGenuine(pairOf(ticket), ticket.token + "A"));
  EXPECT_FALSE(isGenuine(pairOf(ticket), std::string(100000, 'A')));
}

TEST_F(CsrfTest, EveryChangeOfTheCookieSpoilsIt) {
  const CsrfGuard::Ticket ticket = issue();
  const std::string cookie = pairOf(ticket);
  for (std::size_t i = cookie.find('=') + 1; i < cookie.size(); ++i) {
    std::string changed = cookie;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(isGenuine(changed, ticket.token)) << i;
  }
}

TEST_F(CsrfTest, APlantedCookieInFrontHidesNoGenuineOne) {
  const CsrfGuard::Ticket ticket = issue();
  EXPECT_TRUE(isGenuine(pairOf(issue()) + "; " + pairOf(ticket), ticket.token));
}

TEST_F(CsrfTest, NorDoSoManyThatFewerAreLookedAtElsewhere) {
  const CsrfGuard::Ticket ticket = issue();
  std::string planted;
  for (std::size_t i = 0; i < 2 * kMaxCookieValues; ++i) planted += pairOf(issue()) + "; ";
  EXPECT_TRUE(isGenuine(planted + pairOf(ticket), ticket.token));
  const std::string large = "large=" + std::string(kMaxCookieHeaderBytes, 'x') + "; ";
  EXPECT_TRUE(isGenuine(large + pairOf(ticket), ticket.token));
}

TEST_F(CsrfTest, ASignatureByTheSessionCookiesKeyIsNoToken) {
  const CsrfGuard::Ticket ticket = issue();
  const std::string cookie = pairOf(ticket);
  const std::string time = base64UrlDecode(ticket.token)->substr(0, 8);
  const HmacKey key(Secret(std::string("one")));
  const std::string signature(asBytes(key.sign(cookie.substr(cookie.find('=') + 1) + time)));
  EXPECT_FALSE(isGenuine(cookie, base64UrlEncode(time + signature)));
}

TEST_F(CsrfTest, ANonceOnceGivenIsKept) {
  const CsrfGuard::Ticket first = issue();
  const CsrfGuard::Ticket second = issue("a=b; " + pairOf(first));
  EXPECT_EQ(second.set_cookie, std::nullopt);
  EXPECT_TRUE(isGenuine(pairOf(first), second.token));
}

TEST_F(CsrfTest, ANonceIsKeptBehindWhateverIsNone) {
  const CsrfGuard::Ticket first = issue();
  std::string junk;
  for (std::size_t i = 0; i < 2 * kMaxCookieValues; ++i) junk += "__Host-sessiond_csrf=junk; ";
  const CsrfGuard::Ticket second = issue(junk + pairOf(first));
  EXPECT_EQ(second.set_cookie, std::nullopt);
  EXPECT_TRUE(isGenuine(pairOf(first), second.token));
}

TEST_F(CsrfTest, WhatIsNoNonceIsReplaced) {
  for (const char* value : {"", "short", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})
    EXPECT_TRUE(issue(std::string("__Host-sessiond_csrf=") + value).set_cookie) << value;
}

TEST_F(CsrfTest, ATokenLivesSevenDays) {
  const CsrfGuard::Ticket ticket = issue();
  clock_.advance(hours(7 * 24) - milliseconds(1));
  EXPECT_EQ(check(pairOf(ticket), ticket.token), CsrfVerdict::kGenuine);
  clock_.advance(milliseconds(1));
  EXPECT_EQ(check(pairOf(ticket), ticket.token), CsrfVerdict::kExpired);
}

TEST_F(CsrfTest, ATokenOfAClockThatIsALittleAheadIsGood) {
  const CsrfGuard::Ticket ticket = issue();
  clock_.advance(-minutes(5));
  EXPECT_EQ(check(pairOf(ticket), ticket.token), CsrfVerdict::kGenuine);
  clock_.advance(-milliseconds(1));
  EXPECT_EQ(check(pairOf(ticket), ticket.token), CsrfVerdict::kFromFuture);
}

TEST_F(CsrfTest, NoCookieABadTokenAndAnOldOneAreThreeVerdicts) {
  const CsrfGuard::Ticket ticket = issue();
  EXPECT_EQ(check("", ticket.token), CsrfVerdict::kNoCookie);
  EXPECT_EQ(check("other=1", ""), CsrfVerdict::kNoCookie);
  EXPECT_EQ(check(pairOf(ticket), ""), CsrfVerdict::kBadToken);
  EXPECT_EQ(check(pairOf(issue()), ticket.token), CsrfVerdict::kBadToken);
  clock_.advance(hours(8 * 24));
  EXPECT_EQ(check(pairOf(ticket), ticket.token), CsrfVerdict::kExpired);
  EXPECT_EQ(check(pairOf(issue()), ticket.token), CsrfVerdict::kBadToken) << "an old token proves nothing elsewhere";
}

TEST_F(CsrfTest, AChangeOfSecretsKeepsOpenPagesWorking) {
  const CsrfGuard::Ticket ticket = issue();
  const CsrfGuard rotated(secretsOf({"two", "one"}), SecureOption::kAuto, clock_);
  const CsrfGuard foreign(secretsOf({"two"}), SecureOption::kAuto, clock_);
  EXPECT_TRUE(isGenuine(rotated, pairOf(ticket), ticket.token));
  EXPECT_FALSE(isGenuine(foreign, pairOf(ticket), ticket.token));
}

TEST_F(CsrfTest, OverHttpsOnlyTheHostPrefixedCookieCounts) {
  const CsrfGuard::Ticket plain = issue("", "http");
  EXPECT_EQ(pairOf(plain).substr(0, 14), "sessiond_csrf=");
  EXPECT_FALSE(isGenuine(pairOf(plain), plain.token));
  const CsrfGuard always(secretsOf({"one"}), SecureOption::kAlways, clock_);
  const auto ticket = with("", "http", [&](const Request& request) { return always.issue(request); });
  EXPECT_EQ(pairOf(ticket).substr(0, 21), "__Host-sessiond_csrf=");
}

}  // namespace
}  // namespace sessiond
