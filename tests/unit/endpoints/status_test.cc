#include "endpoints/status/status.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

constexpr Param kGet[] = {{"REQUEST_METHOD", "GET"}};
constexpr Param kHead[] = {{"REQUEST_METHOD", "HEAD"}};
constexpr Param kPost[] = {{"REQUEST_METHOD", "POST"}};

Request requestWith(std::span<const Param> params) {
  return {.role = Role::kResponder, .params = params, .body = {}};
}

TEST(Health, AnswersWithoutAskingAnybody) {
  const Response response = answerHealth(requestWith(kGet));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(
      response.headers.lines(),
      "Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n");
  EXPECT_EQ(response.body, "ok\n");
}

TEST(Health, AnswersHeadWithoutABody) {
  const Response response = answerHealth(requestWith(kHead));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "");
}

TEST(Health, RefusesOtherMethods) {
  const Response response = answerHealth(requestWith(kPost));
  EXPECT_EQ(response.status, 405);
  EXPECT_NE(response.headers.lines().find("Allow: GET, HEAD\r\n"), std::string::npos);
  EXPECT_EQ(answerReady(requestWith(kPost), [] { return std::string(); }).status, 405);
  MetricsRegistry metrics;
  EXPECT_EQ(answerMetrics(requestWith(kPost), metrics).status, 405);
}

TEST(Ready, SaysWhyItIsNot) {
  EXPECT_EQ(answerReady(requestWith(kGet), [] { return std::string(); }).status, 200);
  const Response response = answerReady(requestWith(kGet), [] { return std::string("redis is away"); });
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, "redis is away\n");
  EXPECT_NE(response.headers.lines().find("Retry-After: 1\r\n"), std::string::npos);
}

TEST(Metrics, AreServedAsPrometheusText) {
  MetricsRegistry metrics;
  metrics.counter("sessiond_test_total", "A test.").add(3);
  const Response response = answerMetrics(requestWith(kGet), metrics);
  EXPECT_EQ(response.status, 200);
  EXPECT_NE(response.headers.lines().find("text/plain; version=0.0.4; charset=utf-8"), std::string::npos);
  EXPECT_NE(response.body.find("sessiond_test_total 3\n"), std::string::npos);
}

TEST(Metrics, SayWhereTheyAreSwitchedOff) {
  const Response response = answerNoMetrics(requestWith(kGet));
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body, "metrics.enabled is false\n");
  EXPECT_EQ(answerNoMetrics(requestWith(kHead)).body, "");
  EXPECT_EQ(answerNoMetrics(requestWith(kPost)).status, 405);
}

}  // namespace
}  // namespace sessiond
