// What checks ask for that memory alone cannot answer, and how what they wanted is counted.

#include <gtest/gtest.h>

#include <array>

#include "unit/endpoints/auth_fixture.h"

namespace sessiond {
namespace {

/// Whoever adds hits, misses and those who joined has all that checks wanted.
TEST_F(AuthEndpointTest, EverySessionThatACheckWantsIsAHitAMissOrJoinsOne) {
  const auto count = [this](const std::string& what) {
    return metrics_.counter("sessiond_cache_" + what + "_total", "").read();
  };
  remember("by-cookie", found("by-cookie", kAda));
  EXPECT_EQ(askWith("by-cookie").status, 204);
  EXPECT_EQ(count("hits"), 1U);
  remember("by-id", found("by-id", kAda, false), false);
  EXPECT_EQ(askWith("by-id").status, 204);
  EXPECT_EQ(count("hits"), 2U);
  store("missed", kAda);
  EXPECT_EQ(askWith("missed").status, 204);
  EXPECT_EQ(count("misses"), 1U);

  store("joined", kAda);
  const std::string cookie = "connect.sid=" + cookieOf("joined");
  const std::vector<Param> params = {{"HTTP_COOKIE", cookie}};
  std::array<Exchange, 3> together;
  for (Exchange& exchange : together) {
    exchange.request = {.role = Role::kResponder, .params = params, .body = {}};
    ASSERT_EQ(endpoint().receive(exchange), Route::kLoad);
    loader().load(exchange);
  }
  loader().flush();
  for (const Exchange& exchange : together) EXPECT_EQ(exchange.response.status, 204);
  EXPECT_EQ(count("hits"), 2U);
  EXPECT_EQ(count("misses"), 2U);
  EXPECT_EQ(count("joined"), 2U);
}

TEST_F(AuthEndpointTest, WhereThereIsNoMemoryToAskForOneSessionTheCheckIsDecidedByTheOthers) {
  store("s1", kAda);
  source_.unaskable = {"lost", "lost-too"};
  const auto check = [this](const std::string& first, const std::string& second) {
    return ask({{"HTTP_COOKIE", "connect.sid=" + cookieOf(first) + "; connect.sid=" + cookieOf(second)}}).status;
  };
  EXPECT_EQ(check("s1", "lost"), 204);
  EXPECT_EQ(check("gone", "lost"), 503) << "nobody can tell what it is";
  EXPECT_EQ(check("lost", "gone"), 503);
  EXPECT_THROW(check("lost", "lost-too"), std::bad_alloc) << "nobody is asked who would answer";
}

}  // namespace
}  // namespace sessiond
