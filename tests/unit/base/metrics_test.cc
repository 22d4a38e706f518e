#include "base/metrics.h"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace sessiond {
namespace {

using std::chrono::microseconds;

TEST(MetricsRegistry, RendersCountersAndGaugesWithTheirLabels) {
  MetricsRegistry registry;
  registry.counter("sessiond_checks_total", "Session checks.", {{"outcome", "valid"}}).add(3);
  registry.counter("sessiond_checks_total", "Session checks.", {{"outcome", "missing"}}).add();
  registry.gauge("sessiond_connections", "Open connections.").set(7);
  EXPECT_EQ(registry.render(),
            "# HELP sessiond_checks_total Session checks.\n"
            "# TYPE sessiond_checks_total counter\n"
            "sessiond_checks_total{outcome=\"valid\"} 3\n"
            "sessiond_checks_total{outcome=\"missing\"} 1\n"
            "# HELP sessiond_connections Open connections.\n"
            "# TYPE sessiond_connections gauge\n"
            "sessiond_connections 7\n");
}

TEST(MetricsRegistry, AsksForWhatTheSystemKeepsWhenSomebodyLooks) {
  MetricsRegistry registry;
  double seconds = 1.5;
  int readings = 0;
  registry.asked({{"process_cpu_seconds_total", "Processor time.", MetricsRegistry::Kind::kCounter},
                  {"process_open_fds", "Open files.", MetricsRegistry::Kind::kGauge}},
                 [&] {
                   ++readings;
                   return std::vector<double>{seconds, 3};
                 });
  EXPECT_EQ(registry.render(),
            "# HELP process_cpu_seconds_total Processor time.\n"
            "# TYPE process_cpu_seconds_total counter\n"
            "process_cpu_seconds_total 1.5\n"
            "# HELP process_open_fds Open files.\n"
            "# TYPE process_open_fds gauge\n"
            "process_open_fds 3\n");
  seconds = 2;
  EXPECT_NE(registry.render().find("process_cpu_seconds_total 2\n"), std::string::npos);
  EXPECT_EQ(readings, 2) << "one for all of them";
  seconds = -std::numeric_limits<double>::quiet_NaN();
  EXPECT_NE(registry.render().find("process_cpu_seconds_total NaN\n"), std::string::npos);
  seconds = -std::numeric_limits<double>::infinity();
  EXPECT_NE(registry.render().find("process_cpu_seconds_total -Inf\n"), std::string::npos);
}

TEST(MetricsRegistry, WhatPassesMakesRoomOnlyWhenNobodyHoldsIt) {
  MetricsRegistry registry;
  const auto counterOf = [&](std::size_t i) {
    return registry.passingCounter("sessiond_redis_server_errors_total", "Errors.", {{"server", std::to_string(i)}});
  };
  constexpr std::size_t kMost = MetricsRegistry::kMostPassing;
  const std::shared_ptr<Counter> held = counterOf(0);
  held->add(7);
  for (std::size_t i = 1; i < kMost; ++i) counterOf(i)->add();
  EXPECT_EQ(counterOf(1)->read(), 1U) << "there is room for all";
  for (std::size_t i = kMost; i < 2 * kMost - 1; ++i) counterOf(i)->add();
  EXPECT_EQ(counterOf(0)->read(), 7U);
  EXPECT_EQ(counterOf(2 * kMost - 2)->read(), 1U);
  EXPECT_EQ(counterOf(1)->read(), 0U) << "it was the oldest, and begins anew";
  std::vector<std::shared_ptr<Counter>> all;
  for (std::size_t i = 0; i < 2 * kMost; ++i) {
    all.push_back(counterOf(i));
    all.back()->add(100);
  }
  for (std::size_t i = 0; i < 2 * kMost; ++i) EXPECT_GE(counterOf(i)->read(), 100U) << "however many are held";
}

TEST(MetricsRegistry, RendersHistogramsCumulated) {
  MetricsRegistry registry;
  Histogram& histogram = registry.histogram("sessiond_redis_seconds", "Time of a round trip.");
  histogram.observe(microseconds(250));
  histogram.observe(microseconds(251));
  histogram.observe(microseconds(10'000));
  histogram.observe(microseconds(250'001));
  EXPECT_EQ(registry.render(),
            "# HELP sessiond_redis_seconds Time of a round trip.\n"
            "# TYPE sessiond_redis_seconds histogram\n"
            "sessiond_redis_seconds_count 4\n"
            "sessiond_redis_seconds_sum 0.260502\n"
            "sessiond_redis_seconds_bucket{le=\"0.00025\"} 1\n"
            "sessiond_redis_seconds_bucket{le=\"0.0005\"} 2\n"
            "sessiond_redis_seconds_bucket{le=\"0.001\"} 2\n"
            "sessiond_redis_seconds_bucket{le=\"0.0025\"} 2\n"
            "sessiond_redis_seconds_bucket{le=\"0.005\"} 2\n"
            "sessiond_redis_seconds_bucket{le=\"0.01\"} 3\n"
            "sessiond_redis_seconds_bucket{le=\"0.025\"} 3\n"
            "sessiond_redis_seconds_bucket{le=\"0.05\"} 3\n"
            "sessiond_redis_seconds_bucket{le=\"0.1\"} 3\n"
            "sessiond_redis_seconds_bucket{le=\"0.25\"} 3\n"
            "sessiond_redis_seconds_bucket{le=\"+Inf\"} 4\n");
}

TEST(MetricsRegistry, GivesTheSameFigureForTheSameNameAndLabels) {
  MetricsRegistry registry;
  Counter& first = registry.counter("sessiond_logins_total", "Logins.", {{"result", "success"}});
  Counter& other = registry.counter("sessiond_logins_total", "Logins.", {{"result", "refused"}});
  EXPECT_EQ(&registry.counter("sessiond_logins_total", "Logins.", {{"result", "success"}}), &first);
  EXPECT_NE(&other, &first);
}

TEST(MetricsRegistry, KeepsEveryDigitOfALargeCount) {
  MetricsRegistry registry;
  registry.counter("sessiond_checks_total", "Session checks.").add(9'007'199'254'740'991);
  EXPECT_EQ(registry.render(),
            "# HELP sessiond_checks_total Session checks.\n"
            "# TYPE sessiond_checks_total counter\n"
            "sessiond_checks_total 9007199254740991\n");
}

TEST(MetricsRegistry, EscapesLabelValues) {
  MetricsRegistry registry;
  registry.gauge("sessiond_info", "About this process.", {{"version", "a\"b\\c\nd"}}).set(1);
  EXPECT_EQ(registry.render(),
            "# HELP sessiond_info About this process.\n"
            "# TYPE sessiond_info gauge\n"
            "sessiond_info{version=\"a\\\"b\\\\c\\nd\"} 1\n");
}

TEST(MetricsRegistry, EscapesWhatIsSaidOfAFigure) {
  MetricsRegistry registry;
  registry.gauge("sessiond_size", "Of \"one\" \\ of\nmany.").set(-1);
  EXPECT_EQ(registry.render(),
            "# HELP sessiond_size Of \"one\" \\\\ of\\nmany.\n"
            "# TYPE sessiond_size gauge\n"
            "sessiond_size -1\n");
}

TEST(MetricsRegistry, RendersLargeAndSmallNumbersInDigits) {
  MetricsRegistry registry;
  const std::vector<double> figures = {1e18, 1e-5};
  registry.asked({{"process_resident_memory_bytes", "Memory.", MetricsRegistry::Kind::kGauge},
                  {"process_cpu_seconds_total", "Processor time.", MetricsRegistry::Kind::kCounter}},
                 [&] { return figures; });
  const std::string text = registry.render();
  EXPECT_NE(text.find("\nprocess_resident_memory_bytes 1000000000000000000\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\nprocess_cpu_seconds_total 0.00001\n"), std::string::npos) << text;
}

TEST(MetricsRegistry, RendersNothingWhenNothingIsCounted) {
  EXPECT_EQ(MetricsRegistry().render(), "");
}

TEST(MetricsRegistry, RegistersCountsAndRendersUnderThreads) {
  MetricsRegistry registry;
  std::vector<std::jthread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 500; ++round) {
        registry.counter("sessiond_rounds_total", "Rounds.").add();
        registry.histogram("sessiond_round_seconds", "Time of a round.").observe(microseconds(1));
        if (round % 100 == 0) {
          EXPECT_NE(registry.render(), "");
        }
      }
    });
  }
  threads.clear();
  EXPECT_EQ(registry.counter("sessiond_rounds_total", "Rounds.").read(), 2000U);
  EXPECT_EQ(registry.histogram("sessiond_round_seconds", "Time of a round.").buckets().front(), 2000U);
}

TEST(Gauge, GoesUpAndDown) {
  Gauge gauge;
  gauge.add(3);
  gauge.add(-5);
  EXPECT_EQ(gauge.read(), -2);
}

TEST(Histogram, CountsATimeThatRanBackwardsAsNoTime) {
  Histogram histogram;
  histogram.observe(microseconds(-5));
  EXPECT_EQ(histogram.buckets().front(), 1U);
  EXPECT_EQ(histogram.sumSeconds(), 0.0);
}

TEST(MetricsRegistryDeathTest, RefusesNamesThatPrometheusWouldNotTake) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  MetricsRegistry registry;
  EXPECT_DEATH(registry.counter("sessiond_logins", "Logins."), "check failed: name.ends_with");
  EXPECT_DEATH(registry.gauge("connections", "Connections."), "check failed: isName\\(name\\)");
  EXPECT_DEATH(registry.gauge("sessiond_Big", "Big."), "check failed: isName\\(name\\)");
}

TEST(MetricsRegistryDeathTest, RefusesOneNameForTwoKinds) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  MetricsRegistry registry;
  registry.gauge("sessiond_size", "Size.", {{"of", "cache"}});
  EXPECT_DEATH(registry.histogram("sessiond_size", "Size.", {{"of", "batch"}}), "check failed");
}

}  // namespace
}  // namespace sessiond
