#include "redis/node_reports.h"

#include <gtest/gtest.h>

#include <string>

#include "replies.h"
#include "support/fake_clock.h"

namespace sessiond {
namespace {

class NodeReportsTest : public testing::Test {
 protected:
  /// Of the server that it is from now on.
  void noteFailureOf(const std::string& host, const ConnectionError& error) {
    RedisAddress address;
    address.host = host;
    place_.moveTo(address, "s0", TlsSettings(), clock_);
    reports_.countByServer();
    reports_.noteFailure(error);
  }

  FakeClock clock_;
  MetricsRegistry metrics_;
  NodePlace place_{"the primary main"};
  NodeReports reports_{place_, TopologyKind::kSentinels, clock_, metrics_};
};

TEST_F(NodeReportsTest, ErrorsAreThoseOfTheServerThatItIs) {
  const auto errors_of = [&](const std::string& server) {
    return metrics_.passingCounter("sessiond_redis_server_errors_total", "", {{"server", server}})->read();
  };
  noteFailureOf("192.0.2.1", {ConnectionError::Kind::kClosed, "the server closed the connection"});
  reports_.noteFailure({ConnectionError::Kind::kRejected, "WRONGPASS invalid username-password pair"});
  noteFailureOf("192.0.2.2", {ConnectionError::Kind::kTimeout, "no answer in time"});
  EXPECT_EQ(errors_of("192.0.2.1:6379"), 2U);
  EXPECT_EQ(errors_of("192.0.2.2:6379"), 1U);
}

/// As where servers are made anew again and again, each with another address.
TEST_F(NodeReportsTest, ServersThatAreGoneMakeRoomForOthers) {
  const ConnectionError closed{ConnectionError::Kind::kClosed, "closed"};
  NodePlace stays{"one that stays"};
  NodeReports of_it(stays, TopologyKind::kSingle, clock_, metrics_);
  of_it.countByServer();
  of_it.noteFailure(closed);
  for (int i = 0; i < 1000; ++i) {
    noteFailureOf("10.0." + std::to_string(i / 100) + "." + std::to_string(i % 100), closed);
  }
  const std::string text = metrics_.render();
  const auto shows = [&](const std::string& server) {
    return text.find("sessiond_redis_server_errors_total{server=\"" + server + "\"} 1\n") != std::string::npos;
  };
  EXPECT_TRUE(shows("one that stays")) << "it is asked yet";
  EXPECT_TRUE(shows("10.0.9.99:6379"));
  EXPECT_TRUE(shows("10.0.9.98:6379")) << "whose errors somebody may want to see";
  EXPECT_FALSE(shows("10.0.0.0:6379"));
}

TEST_F(NodeReportsTest, WhatIsSaidOfTheWholeServerIsTheWorst) {
  EXPECT_EQ(reports_.noteErrors({status("OK")}), nullptr);
  const ErrorKind* const worst = reports_.noteErrors(
      {error("NOPERM no get"), error("LOADING Redis is loading"), error("OOM command not allowed")});
  ASSERT_NE(worst, nullptr);
  EXPECT_EQ(worst->code, "LOADING");
}

}  // namespace
}  // namespace sessiond
