// What is tested of a primary behind real sentinels: one group of them for all tests of a suite, since it takes seconds
// to start.

#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "cache_instance.h"
#include "redis/sentinel_watch.h"

namespace sessiond {

/// Failovers leave the group as healthy as it was.
class Sentinels : public testing::Test {
 public:
  static constexpr milliseconds kStaleness{400};

 protected:
  static void SetUpTestSuite() { group_ = new SentinelGroup({.down_after = 500}); }
  static void TearDownTestSuite() {
    delete group_;
    group_ = nullptr;
  }

  Sentinels() { put("a", "ada"); }
  ~Sentinels() override { group().settle(); }

  static SentinelGroup& group() { return *group_; }
  static void put(const std::string& id, const std::string& user) {
    group().primaryServer().command({"DEL", "sessiond:revoked:{sess:" + id + "}"});
    group().primaryServer().command({"SET", "sess:" + id, sessionOf(user)});
    group().primaryServer().command({"WAIT", "2", "2000"});
  }
  static SteadyTime now() { return SteadyClock::now(); }
  static std::uint64_t switches(Instance& instance) {
    return instance.site().metrics.counter("sessiond_sentinel_switches_total", "").read();
  }
  static std::int64_t gauge(Instance& instance, const std::string& name, const MetricLabels& labels = {}) {
    return instance.site().metrics.gauge(name, "", labels).read();
  }

 private:
  inline static SentinelGroup* group_ = nullptr;
};

}  // namespace sessiond
