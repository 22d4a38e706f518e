// NameWatch, with this machine's "localhost" and a connection to an address that it has left.

#include "redis/name_watch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>

#include "base/check.h"
#include "base/unique_fd.h"
#include "redis_test_fixture.h"

namespace sessiond {
namespace {

/// On every address of this machine's.
class Server {
 public:
  Server() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    socklen_t size = sizeof address;
    auto* const any_address = reinterpret_cast<sockaddr*>(&address);
    SESSIOND_CHECK(bind(listener_.get(), any_address, size) == 0);
    SESSIOND_CHECK(getsockname(listener_.get(), any_address, &size) == 0);
    SESSIOND_CHECK(listen(listener_.get(), 16) == 0);
    port_ = ntohs(address.sin_port);
  }
  std::string at(const std::string& host) const { return "redis://" + host + ":" + std::to_string(port_); }
  UniqueFd connectedTo(const char* host) const {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    SESSIOND_CHECK(inet_pton(AF_INET, host, &address.sin_addr) == 1);
    UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    SESSIOND_CHECK(connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return fd;
  }

 private:
  UniqueFd listener_;
  std::uint16_t port_ = 0;
};

class NameWatchTest : public testing::Test {
 protected:
  static void connectTo(RedisNode& node, UniqueFd socket) {
    EXPECT_TRUE(node.place().present()->connector->finish(std::move(socket)));
  }

  const SystemClock clock_ = {};
  MetricsRegistry metrics_;
  Server server_;
};

TEST_F(NameWatchTest, WhereANameHasLeftAnAddressAllConnectionsAreMadeAnew) {
  RedisNode node(configFor(server_.at("localhost")), "", clock_, metrics_);
  std::atomic<int> moves = 0;
  const NodeObservers::Registration registration(node.observers(), {.moved = [&] { ++moves; }, .doubted = [] {}});
  const std::uint64_t term = node.place().term();
  connectTo(node, server_.connectedTo("127.0.0.1"));
  std::atomic<int> rounds = 0;
  const NameWatch watch(
      [&] {
        ++rounds;
        return std::vector<RedisNode*>{&node};
      },
      5ms, clock_);
  const auto look_on = [&] { return soon([&, until = rounds + 20] { return rounds > until; }); };
  ASSERT_TRUE(look_on());
  EXPECT_EQ(moves, 0) << "it leads there";
  connectTo(node, server_.connectedTo("127.0.0.2"));
  ASSERT_TRUE(soon([&] { return moves == 1; }));
  EXPECT_EQ(node.place().term(), term + 1);
  connectTo(node, server_.connectedTo("127.0.0.1"));
  ASSERT_TRUE(look_on());
  EXPECT_EQ(moves, 1) << "it leads there";
}

TEST_F(NameWatchTest, WhereANodeComesBackToConnectionsFromBeforeCountNoMore) {
  RedisNode node(configFor(server_.at("localhost")), "", clock_, metrics_);
  RedisConnector& connector = *node.place().present()->connector;
  connectTo(node, server_.connectedTo("127.0.0.2"));
  EXPECT_EQ(connector.peers().size(), 1U);
  node.moveTo(parseRedisUrl(server_.at("127.0.0.1")).value(), "");
  node.moveTo(parseRedisUrl(server_.at("localhost")).value(), "");
  ASSERT_EQ(node.place().present()->connector, &connector);
  EXPECT_TRUE(connector.peers().empty());
}

TEST_F(NameWatchTest, AnAddressLeadsNowhereElse) {
  RedisNode node(configFor(server_.at("127.0.0.1")), "", clock_, metrics_);
  EXPECT_FALSE(node.place().present()->connector->isNamed());
  connectTo(node, server_.connectedTo("127.0.0.2"));
  EXPECT_TRUE(node.place().present()->connector->peers().empty());
}

}  // namespace
}  // namespace sessiond
