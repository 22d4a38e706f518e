// What the tests of this folder share: configurations for a test's server, and short forms of pipelines.

#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "redis/redis_client.h"
#include "redis/redis_keys.h"
#include "redis/sentinel_watch.h"
#include "redis/tls_context.h"
#include "session/session_settings.h"
#include "support/cluster_group.h"
#include "support/redis_server.h"
#include "support/sentinel_group.h"
#include "support/soon.h"
#include "support/test_certificates.h"

namespace sessiond {

using namespace std::chrono_literals;

/// How much longer than its budget a call may take before a test calls it broken: machines that run tests are busy.
inline constexpr int kPatience = 5;

/// With the default prefixes.
inline RedisKeys keysFor(const SessionSettings& config) {
  return {config.key_prefix, OwnKeySettings().key_prefix};
}

inline std::shared_ptr<const TlsContext> contextFor(const std::string& authority, const TestCertificate& own = {}) {
  std::vector<TlsProblem> problems;
  auto context = TlsContext::make({.option = "redis.tls",
                                   .authorities_file = authority.empty() ? "" : "/ca.pem",
                                   .authorities = authority,
                                   .certificate = own.certificate,
                                   .key = own.key},
                                  problems);
  EXPECT_TRUE(problems.empty());
  return context;
}

/// Of TLS: who trusts the test's own authority.
inline RedisSettings configFor(const std::string& url) {
  RedisSettings config;
  config.url = url;
  if (url.starts_with("rediss:")) config.tls.context = contextFor(TestAuthority::ofThisTest().certificate());
  config.connect_timeout = 400ms;
  config.command_timeout = 300ms;
  config.breaker = {.failures = 3, .min_backoff = 20ms, .max_backoff = 100ms};
  return config;
}

/// How a server is reached.
enum class Way { kUnix, kTcp, kTls, kSentinels };

inline RedisServer::Options optionsFor(Way way) {
  return {.tcp = way == Way::kTcp, .tls = way == Way::kTls};
}

inline std::string urlOf(const RedisServer& server, Way way) {
  if (way == Way::kUnix) return server.unixUrl();
  return way == Way::kTcp ? server.tcpUrl() : server.tlsUrl();
}

inline const auto kWaysToOne = testing::Values(Way::kUnix, Way::kTcp, Way::kTls);
inline const auto kAllWays = testing::Values(Way::kUnix, Way::kTcp, Way::kTls, Way::kSentinels);

inline std::string nameOfWay(const testing::TestParamInfo<Way>& info) {
  switch (info.param) {
    case Way::kUnix:
      return "Unix";
    case Way::kTcp:
      return "Tcp";
    case Way::kTls:
      return "Tls";
    case Way::kSentinels:
      return "Sentinels";
  }
  return "";
}

inline constexpr char kProbeKey[] = "sessiond:alive:{s}:write";

inline RedisSettings configFor(const SentinelGroup& group) {
  RedisSettings config = configFor("");
  config.sentinel.master = SentinelGroup::kMaster;
  config.sentinel.nodes = group.nodes();
  config.sentinel.max_silence = 1500ms;
  config.sentinel.tls = group.tls();
  if (group.tls()) config.tls.context = contextFor(TestAuthority::ofThisTest().certificate());
  return config;
}

inline RedisSettings configFor(const ClusterGroup& group) {
  RedisSettings config = configFor("");
  config.cluster.nodes = group.nodes();
  config.cluster.tls = group.tls();
  if (group.tls()) config.tls.context = contextFor(TestAuthority::ofThisTest().certificate());
  return config;
}

/// An empty server that is reached in this way. Behind sentinels it is the primary of a group that all tests share and
/// that takes its time with failovers, so that a test may do to it what it likes.
class ReachedServer {
 public:
  explicit ReachedServer(Way way) : way_(way) {
    if (way != Way::kSentinels) {
      server_ = std::make_shared<RedisServer>(optionsFor(way));
      return;
    }
    static const auto group = std::make_shared<SentinelGroup>(SentinelGroup::Options{.down_after = 60'000});
    group_ = group;
    server_ = std::shared_ptr<RedisServer>(group, &group->primaryServer());
    server_->command({"ACL", "SETUSER", "default", "reset", "on", "nopass", "~*", "&*", "+@all"});
    server_->command({"CONFIG", "SET", "maxmemory", "0"});
    server_->command({"FLUSHALL"});
  }

  RedisServer& server() const { return *server_; }
  RedisSettings settings() const { return group_ ? configFor(*group_) : configFor(urlOf(*server_, way_)); }

 private:
  const Way way_;
  std::shared_ptr<SentinelGroup> group_;  // null: there is none
  std::shared_ptr<RedisServer> server_;
};

/// A client with its own clock and figures.
struct TestClient {
  explicit TestClient(const RedisSettings& config) : client(config, kProbeKey, clock, metrics) {
    if (!config.sentinel.used()) return;
    watch.emplace(config, 100ms, client.node(), learned, clock, metrics);
    EXPECT_TRUE(recovers());
  }

  Expected<RedisReplies, StoreError> run(std::initializer_list<std::string_view> arguments,
                                         Repeat repeat = Repeat::kSafe) {
    RedisCommands commands;
    commands.add(arguments);
    RedisReplies replies;
    if (auto done = client.pipeline(commands, repeat, replies); !done) return Unexpected(done.error());
    return replies;
  }
  /// The text of a command's reply, "(error)" words when there is none.
  std::string text(std::initializer_list<std::string_view> arguments, Repeat repeat = Repeat::kSafe) {
    auto replies = run(arguments, repeat);
    if (!replies) return replies.error() == StoreError::kTimeout ? "(timeout)" : "(unavailable)";
    const RedisReply& reply = (*replies)[0];
    if (reply.type == RedisReply::Type::kNil) return "(nil)";
    if (reply.type == RedisReply::Type::kInteger) return std::to_string(reply.integer);
    return reply.text;
  }
  /// Does the server answer, soon?
  bool recovers() {
    return soon([this] { return client.reachable(); });
  }
  std::uint64_t errors(const std::string& kind) {
    return metrics.counter("sessiond_redis_errors_total", "", {{"kind", kind}}).read();
  }
  std::uint64_t connectionsOpened() { return metrics.counter("sessiond_redis_connections_opened_total", "").read(); }

  SystemClock clock;
  MetricsRegistry metrics;
  RedisClient client;
  LearnedNodes learned;
  std::optional<SentinelWatch> watch;
};

template <typename Function>
std::chrono::milliseconds timeOf(Function function) {
  const auto start = std::chrono::steady_clock::now();
  function();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
}

}  // namespace sessiond
