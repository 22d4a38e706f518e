// What is tested of a Redis Cluster of real servers: one for all tests of a suite.

#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "cluster_instance.h"

namespace sessiond {

inline constexpr milliseconds kStaleness = 400ms;
inline constexpr milliseconds kNodeTimeout = 1000ms;

inline SteadyTime now() {
  return SteadyClock::now();
}

/// Of this process.
inline std::vector<pid_t> threadsNamed(const std::string& name) {
  std::vector<pid_t> found;
  for (const auto& one : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string its;
    std::getline(std::ifstream(one.path() / "comm"), its);
    if (its == name) found.push_back(std::stoi(one.path().filename()));
  }
  return found;
}

/// What is done to the group leaves it as healthy as it was.
class Cluster : public testing::Test {
 protected:
  static void SetUpTestSuite() { group_ = new ClusterGroup({.node_timeout = static_cast<int>(kNodeTimeout.count())}); }
  static void TearDownTestSuite() {
    delete group_;
    group_ = nullptr;
  }

  Cluster() {
    group().everywhere({"FLUSHALL"});
    put("a", "ada");
  }
  ~Cluster() override { group().settle(); }

  static ClusterGroup& group() { return *group_; }
  static void put(const std::string& id, const std::string& user) {
    const std::string key = "sess:" + id;
    group().command(key, {"SET", key, sessionOf(user)});
  }
  static std::string keyOf(const std::string& id) { return "sess:" + id; }
  static std::string tombstoneOf(const std::string& id) { return "sessiond:revoked:{sess:" + id + "}"; }
  static std::size_t ownerOf(const std::string& id) { return group().ownerOf(keyOf(id)); }
  /// An id of a session at this primary.
  static std::string idAt(std::size_t primary, const std::string& beginning = "s") {
    return group().keyAt(primary, "sess:" + beginning).substr(5);
  }
  /// One at each primary, with a session each.
  static std::vector<std::string> oneAtEach() {
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < group().size(); ++i) {
      if (!group().server(i).command({"ROLE"}).starts_with("master")) continue;
      ids.push_back(idAt(i, "each"));
      put(ids.back(), "ada");
    }
    return ids;
  }
  /// For longer than anything is believed without a new proof: canaries are written meanwhile where a node answers.
  static void liveOn(ClusterInstance& instance) {
    for (const SteadyTime until = now() + kStaleness + 100ms; now() < until; std::this_thread::sleep_for(5ms)) {
      instance.lane().live();
    }
  }
  /// Another primary.
  static std::size_t otherThan(std::size_t primary) {
    for (std::size_t i = 0; i < group().size(); ++i) {
      if (i != primary && group().server(i).command({"ROLE"}).starts_with("master")) return i;
    }
    return group().size();
  }

 private:
  inline static ClusterGroup* group_ = nullptr;
};

/// Nothing fails for being slow.
inline RedisSettings patientConfigFor(const ClusterGroup& group) {
  RedisSettings config = configFor(group);
  config.command_timeout = 30s;
  return config;
}

}  // namespace sessiond
