// Nodes of a cluster that take connections and say nothing: whoever has to do with all of them waits no longer for all
// than for one.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/unique_fd.h"
#include "cluster_fixture.h"

namespace sessiond {
namespace {

/// The kernel accepts for it.
class SilentServer {
 public:
  SilentServer() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any_address = reinterpret_cast<sockaddr*>(&address);
    SESSIOND_CHECK(bind(listener_.get(), any_address, size) == 0);
    SESSIOND_CHECK(getsockname(listener_.get(), any_address, &size) == 0);
    SESSIOND_CHECK(listen(listener_.get(), 16) == 0);
    name_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }

  const std::string& name() const { return name_; }
  bool isAsked() const {
    pollfd entry{.fd = listener_.get(), .events = POLLIN, .revents = 0};
    return poll(&entry, 1, 0) > 0;
  }
  /// Whoever waits for an answer is told that there is none.
  void end() { listener_.reset(); }

 private:
  UniqueFd listener_;
  std::string name_;
};

/// Nobody is where its nodes are said to be.
RedisSettings settings(milliseconds connect_timeout, milliseconds command_timeout) {
  RedisSettings made = configFor("");
  made.cluster.nodes = {"127.0.0.1:1"};
  made.connect_timeout = connect_timeout;
  made.command_timeout = command_timeout;
  return made;
}

/// Some slots at each of these, all others at the last one.
ClusterView viewOf(const std::vector<std::string>& nodes) {
  ClusterView view{.epoch = 1, .is_ok = true, .ranges = {}, .nodes = {}};
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const std::size_t last = i + 1 < nodes.size() ? i : kSlots - 1;
    view.ranges.push_back({static_cast<Slot>(i), static_cast<Slot>(last), *parseClusterNode(nodes[i])});
  }
  return view;
}

TEST(ClusterSilence, OfAllNodesIsSaidAtTheStartAsSoonAsThatOfOne) {
  const RedisSettings config = settings(1000ms, 1000ms);  // a server that says nothing is waited for by the shorter one
  const SystemClock clock;
  MetricsRegistry metrics;
  ClusterNodes nodes(config, keysFor(SessionSettings()), clock, metrics);
  ClusterClient client(nodes, clock);
  const std::vector<SilentServer> servers(6);
  std::vector<std::string> names;
  for (const SilentServer& one : servers) names.push_back(one.name());
  const auto time_of = [&](const std::vector<std::string>& asked) {
    nodes.apply(viewOf(asked));
    return timeOf([&] { EXPECT_EQ(client.probe().outcome, StartupProbe::kUnreachable); });
  };
  const auto one = time_of({names.front()});
  EXPECT_GE(one, 1s) << "if not, this test shows nothing any more";
  EXPECT_LT(time_of(names), 4 * one) << "where each had its time it would be six times that";
}

TEST(ClusterSilence, OfOneNodeHoldsUpNobodyWhoListensToAnother) {
  ClusterSite site(settings(100ms, 100ms), kStaleness, false);
  const RedisSettings patient = settings(60s, 60s);
  ClusterNodes nodes(patient, site.keys, site.clock, site.metrics);
  ClusterTrust cluster_trust(nodes, site.keys, kStaleness, site.clock, site.metrics);
  SessionCache cache(CacheLimits{}, cluster_trust);
  auto listening = std::make_unique<ClusterTrust::Listening>(cluster_trust, cache, site.burials, true);
  SilentServer silent;
  nodes.apply(viewOf({silent.name(), "127.0.0.1:1", "127.0.0.1:2"}));
  ASSERT_TRUE(soon([&] { return silent.isAsked() && threadsNamed("invalidations").size() == 3; }));
  std::thread ending([&] { listening.reset(); });
  EXPECT_TRUE(soon([] { return threadsNamed("invalidations").size() == 1; }, 10s)) << "they do not wait for each other";
  silent.end();
  ending.join();
}

}  // namespace
}  // namespace sessiond
