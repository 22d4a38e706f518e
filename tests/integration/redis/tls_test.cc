// TLS to real servers, over both kinds of connection: what is believed, and what is said when it is not.

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <fstream>
#include <functional>

#include "redis/lane_connection.h"
#include "redis_test_fixture.h"
#include "support/poll_loop.h"

namespace sessiond {
namespace {

/// A connection of a lane, and what its owner was told last.
class Lane final : private LaneConnection::Owner {
 public:
  explicit Lane(RedisNode& node) : connection_(node, loop_, clock_, *this) {}

  std::string open(SteadyTime::duration budget) {
    said_.clear();
    connection_.open(clock_.steadyNow() + budget);
    return outcome();
  }
  std::string ask(const RedisCommands& commands, RedisReplies& replies) {
    said_.clear();
    connection_.ask(commands, replies, clock_.steadyNow() + 4s);
    return outcome();
  }
  LaneConnection& connection() { return connection_; }
  PollLoop& loop() { return loop_; }

 private:
  void opened() override { said_ = "open"; }
  void answered() override { said_ = "answered"; }
  void failed(const ConnectionError& error) override { said_ = error.text; }
  std::string outcome() {
    EXPECT_TRUE(loop_.runUntil([this] { return !said_.empty(); }));
    return said_;
  }

  PollLoop loop_;
  SystemClock clock_;
  std::string said_;
  LaneConnection connection_;
};

/// "open", or why there is no connection: the same by a worker and by a lane.
std::string tryToConnect(const RedisSettings& config) {
  TestClient test(config);
  const auto dialled = test.client.dial();
  const std::string blocking = dialled ? "open" : dialled.error().text;
  EXPECT_EQ(Lane(test.client.node()).open(config.connect_timeout), blocking);
  return blocking;
}

/// For machines that run tests: with time.
RedisSettings patient(RedisSettings config) {
  config.connect_timeout = 4s;
  config.command_timeout = 4s;
  return config;
}

RedisSettings trusting(const RedisServer& server, const std::string& authority, const TestCertificate& own = {}) {
  RedisSettings config;
  config.url = server.tlsUrl();
  config.tls.context = contextFor(authority, own);
  return patient(std::move(config));
}

class Tls : public testing::Test {
 protected:
  const TestAuthority& authority_ = TestAuthority::ofThisTest();
  RedisServer server_{{.tcp = true, .tls = true}};
};

TEST_F(Tls, ByNameAndByAddress) {
  EXPECT_EQ(tryToConnect(patient(configFor(server_.tlsUrl()))), "open");
  EXPECT_EQ(tryToConnect(patient(configFor("rediss://localhost:" + std::to_string(server_.tlsPort())))), "open");
}

TEST_F(Tls, AnUnknownAuthorityIsNotBelieved) {
  const TestAuthority other("another authority");
  EXPECT_EQ(tryToConnect(trusting(server_, other.certificate())),
            "the server's certificate is from no authority in redis.tls.ca_file, /ca.pem");
  EXPECT_EQ(tryToConnect(trusting(server_, "")),
            "the server's certificate is from no authority that this system knows; name its authority's in "
            "redis.tls.ca_file");
  const TestAuthority namesake("the authority of a test");
  EXPECT_EQ(tryToConnect(trusting(server_, namesake.certificate())),
            "the server's certificate is from no authority in redis.tls.ca_file, /ca.pem");
}

TEST_F(Tls, ACertificateForSomebodyElseIsNotBelieved) {
  server_.useCertificate(authority_.issue("DNS:redis.example.org,DNS:*.example.net,IP:10.0.0.7"));
  RedisSettings config = patient(configFor(server_.tlsUrl()));
  EXPECT_EQ(tryToConnect(config),
            "the server's certificate is for redis.example.org, *.example.net, 10.0.0.7, not for 127.0.0.1; if it is "
            "the right server, name it so in redis.tls.server_name");
  config.tls.server_name = "example.net";
  EXPECT_EQ(tryToConnect(config),
            "the server's certificate is for redis.example.org, *.example.net, 10.0.0.7, not for example.net; if it is "
            "the right server, name it so in redis.tls.server_name");
  for (const char* name : {"redis.example.org", "a.example.net", "10.0.0.7"}) {
    config.tls.server_name = name;
    EXPECT_EQ(tryToConnect(config), "open") << name;
  }
  server_.useCertificate(authority_.issue(""));
  EXPECT_EQ(tryToConnect(patient(configFor(server_.tlsUrl()))).substr(0, 66),
            "the server's certificate is for a server of a test, not for 127.0.");
}

TEST_F(Tls, ACertificateCountsInItsTimeOnly) {
  server_.useCertificate(authority_.issue("IP:127.0.0.1", {.from = -5, .until = -2}));
  const std::string expired = tryToConnect(patient(configFor(server_.tlsUrl())));
  EXPECT_EQ(expired.substr(0, 67), "the server's certificate, or one that vouches for it, expired on 20") << expired;
  EXPECT_EQ(expired.substr(expired.find(" (")), " (CN = a server of a test)");
  server_.useCertificate(authority_.issue("IP:127.0.0.1", {.from = 2, .until = 5}));
  const std::string early = tryToConnect(patient(configFor(server_.tlsUrl())));
  EXPECT_EQ(early.substr(0, 67), "the server's certificate, or one that vouches for it, is valid from") << early;
}

TEST_F(Tls, AServerThatWantsToKnowUs) {
  const TestCertificate own = authority_.issue("DNS:sessiond.example.org");
  server_.useCertificate(authority_.issue("IP:127.0.0.1"), {"tls-auth-clients", "yes"});
  for (const char* protocol : {"TLSv1.3", "TLSv1.2"}) {
    ASSERT_EQ(server_.command({"CONFIG", "SET", "tls-protocols", protocol}), "OK");
    EXPECT_EQ(tryToConnect(patient(configFor(server_.tlsUrl()))),
              "the server wants a certificate from its clients; name one in redis.tls.cert_file, and its key in "
              "redis.tls.key_file")
        << protocol;
    EXPECT_EQ(tryToConnect(trusting(server_, authority_.certificate(), own)), "open") << protocol;
    const TestCertificate strangers = TestAuthority("another authority").issue("DNS:sessiond.example.org");
    EXPECT_EQ(tryToConnect(trusting(server_, authority_.certificate(), strangers)),
              "the server does not accept the certificate in redis.tls.cert_file: unknown CA")
        << protocol;
    const TestCertificate old = authority_.issue("DNS:sessiond.example.org", {.from = -5, .until = -2});
    RedisSettings config = trusting(server_, authority_.certificate());
    std::vector<TlsProblem> problems;
    config.tls.context = TlsContext::make({.option = "redis.tls",
                                           .authorities_file = "/ca.pem",
                                           .authorities = authority_.certificate(),
                                           .certificate = old.certificate,
                                           .key = old.key},
                                          problems);
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_TRUE(problems[0].is_warning);
    EXPECT_EQ(tryToConnect(config),
              "the server does not accept the certificate in redis.tls.cert_file: certificate expired")
        << protocol;
  }
}

TEST_F(Tls, AnOldProtocolIsNotSpoken) {
  ASSERT_EQ(server_.command({"CONFIG", "SET", "tls-protocols", "TLSv1.1", "tls-ciphers", "ALL:@SECLEVEL=0"}), "OK");
  EXPECT_EQ(tryToConnect(patient(configFor(server_.tlsUrl()))), "the server speaks no TLS 1.2 or newer");
}

TEST_F(Tls, WithoutTlsAtAPortForIt) {
  EXPECT_EQ(tryToConnect(patient(configFor("redis://127.0.0.1:" + std::to_string(server_.tlsPort())))),
            "Connection reset by peer; does redis.url need rediss://?");
}

TEST_F(Tls, WithTlsAtAPortWithoutIt) {
  RedisSettings config = configFor("rediss://127.0.0.1:" + std::to_string(server_.port()));
  config.connect_timeout = 150ms;
  EXPECT_EQ(tryToConnect(config),
            "no answer to the TLS handshake in time; is the port one for TLS? (redis:// is without)");
}

TEST_F(Tls, AServerThatStallsInTheHandshake) {
  server_.freeze();
  RedisSettings config = patient(configFor(server_.tlsUrl()));
  config.connect_timeout = 150ms;
  TestClient test(config);
  Lane lane(test.client.node());
  lane.connection().open(SteadyClock::now() + 60s);
  EXPECT_FALSE(lane.connection().ready() || lane.connection().closed()) << "the lane goes on meanwhile";
  lane.connection().close();
  EXPECT_LT(timeOf([&] { EXPECT_FALSE(test.client.dial()); }), kPatience * 150ms);
  EXPECT_EQ(test.text({"PING"}), "(timeout)");
  server_.thaw();
  EXPECT_TRUE(test.recovers());
}

/// A handshake that goes on from an earlier one shows no certificate, and none is looked at.
TEST_F(Tls, HandshakesGoOnFromTheLastOne) {
  for (const char* protocol : {"TLSv1.3", "TLSv1.2"}) {
    ASSERT_EQ(server_.command({"CONFIG", "SET", "tls-protocols", protocol}), "OK");
    TestClient test(patient(configFor(server_.tlsUrl())));
    std::vector<std::size_t> sizes;
    for (int i = 0; i < 3; ++i) {
      auto dialled = test.client.dial();
      ASSERT_TRUE(dialled);
      tcp_info info{};
      socklen_t size = sizeof info;
      ASSERT_EQ(getsockopt((*dialled)->fd(), IPPROTO_TCP, TCP_INFO, &info, &size), 0);
      sizes.push_back(info.tcpi_bytes_received);
    }
    EXPECT_LT(sizes[1], sizes[0] - 300) << protocol << ": without certificate";
    EXPECT_LT(sizes[2], sizes[0] - 300) << protocol;
  }
}

TEST_F(Tls, WhoHasOtherKeysIsAStrangerToAHandshakeThatGoesOn) {
  TestClient test(patient(configFor(server_.tlsUrl())));
  ASSERT_EQ(test.text({"PING"}), "PONG");
  server_.useCertificate(TestAuthority("another authority").issue("IP:127.0.0.1"));
  test.client.renew();
  EXPECT_EQ(test.text({"PING"}), "(unavailable)");
  server_.useCertificate(authority_.issue("IP:127.0.0.1"));
  EXPECT_TRUE(test.recovers());
}

TEST_F(Tls, LargeAndManyRepliesBothWays) {
  TestClient test(patient(configFor(server_.tlsUrl())));
  Lane lane(test.client.node());
  ASSERT_EQ(lane.open(2s), "open");
  for (const std::size_t size : {1UL, 16'383UL, 16'384UL, 16'385UL, 65'536UL, 1'000'000UL, 20'000'000UL}) {
    const std::string value(size, 'v');
    RedisCommands commands;
    commands.add({"SET", "large", value});
    commands.add({"GET", "large"});
    for (int i = 0; i < 20; ++i) commands.add({"GETRANGE", "large", "0", "20000"});
    commands.add({"STRLEN", "large"});
    RedisReplies replies;
    const auto check = [&](const char* how) {
      ASSERT_EQ(replies.size(), 23U);
      EXPECT_TRUE(replies[1].text == value) << how << size;
      EXPECT_TRUE(replies[20].text == value.substr(0, 20'001)) << how << size;
      EXPECT_EQ(replies[22].integer, static_cast<long long>(size)) << how << size;
    };
    ASSERT_EQ(lane.ask(commands, replies), "answered") << size;
    check("a lane, ");
    replies.clear();
    ASSERT_TRUE(test.client.pipeline(commands, Repeat::kSafe, replies, SteadyClock::now() + 4s)) << size;
    check("a worker, ");
  }
}

class Subscription : public testing::TestWithParam<Way> {};

/// A subscription waits for its socket, and with TLS messages may have been taken from it before.
TEST_P(Subscription, HearsAllMessagesThatCameTogether) {
  RedisServer server(optionsFor(GetParam()));
  TestClient test(patient(configFor(urlOf(server, GetParam()))));
  auto dialled = test.client.dial();
  ASSERT_TRUE(dialled);
  RedisConnection& connection = **dialled;
  RedisCommands subscribe;
  subscribe.add({"SUBSCRIBE", "channel"});
  ASSERT_TRUE(connection.post(subscribe, SteadyClock::now() + 1s));
  RedisReplies messages;
  ASSERT_TRUE(connection.listen(messages, SteadyClock::now() + 1s));
  ASSERT_EQ(messages.size(), 1U);
  constexpr std::size_t kMessages = 3'000;
  const std::string text(100, 'm');
  server.command({"EVAL", "for i = 1, 3000 do redis.call('PUBLISH', 'channel', ARGV[1]) end", "0", text});
  std::size_t heard = 0;
  const auto limit = SteadyClock::now() + 5s;
  while (heard < kMessages && SteadyClock::now() < limit) {
    ASSERT_TRUE(connection.listen(messages, SteadyClock::now() + 100ms));
    heard += messages.size();
  }
  EXPECT_EQ(heard, kMessages);
  ASSERT_TRUE(connection.listen(messages, SteadyClock::now() + 20ms)) << "silence is no error";
  EXPECT_TRUE(messages.empty());
}

/// Two records that came at different times are taken from the socket at once.
TEST_P(Subscription, WhatWasTakenFromTheSocketBeforeIsNotWaitedFor) {
  RedisServer server(optionsFor(GetParam()));
  TestClient test(patient(configFor(urlOf(server, GetParam()))));
  auto dialled = test.client.dial();
  ASSERT_TRUE(dialled);
  RedisConnection& connection = **dialled;
  RedisCommands subscribe;
  subscribe.add({"SUBSCRIBE", "channel"});
  const auto limit = SteadyClock::now() + 10s;
  ASSERT_TRUE(connection.post(subscribe, limit));
  RedisReplies messages;
  ASSERT_TRUE(connection.listen(messages, limit));
  for (int i = 0; i < 5; ++i) ASSERT_EQ(server.command({"PUBLISH", "channel", "word"}), "1");
  const int all = 5 * (40 + (GetParam() == Way::kTls ? 22 : 0));
  int there = 0;
  while (ioctl(connection.fd(), FIONREAD, &there) == 0 && there < all) {
    ASSERT_LT(SteadyClock::now(), limit) << there;
    std::this_thread::sleep_for(1ms);  // until the next look
  }
  std::size_t heard = 0;
  for (int i = 0; i < 5 && heard < 5; ++i) {
    ASSERT_TRUE(connection.listen(messages, limit));
    ASSERT_FALSE(messages.empty()) << "after " << heard;
    heard += messages.size();
  }
  EXPECT_EQ(heard, 5U);
}

INSTANTIATE_TEST_SUITE_P(By, Subscription, kWaysToOne, nameOfWay);

TEST_F(Tls, WhatTheServerDoesUnaskedClosesAnIdleConnection) {
  TestClient test(patient(configFor(server_.tlsUrl())));
  Lane lane(test.client.node());
  ASSERT_EQ(lane.open(2s), "open");
  const auto until = SteadyClock::now() + 50ms;
  while (SteadyClock::now() < until) lane.loop().run(1ms);
  EXPECT_TRUE(lane.connection().ready()) << "what TLS says for itself is nothing";
  server_.command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  EXPECT_TRUE(lane.loop().runUntil([&] { return lane.connection().closed(); }));
  EXPECT_EQ(lane.open(2s), "open");
}

TEST_F(Tls, AConnectionThatDiedIdleCostsNothing) {
  TestClient test(patient(configFor(server_.tlsUrl())));
  ASSERT_EQ(test.text({"PING"}), "PONG");
  server_.restart();
  EXPECT_EQ(test.text({"PING"}), "PONG");
  EXPECT_EQ(test.errors("closed"), 0U);
}

TEST_F(Tls, VerifyingCanBeSwitchedOff) {
  server_.useCertificate(TestAuthority("another authority").issue("DNS:elsewhere", {.from = -5, .until = -2}));
  RedisSettings config = patient(configFor(server_.tlsUrl()));
  std::vector<TlsProblem> problems;
  config.tls.context = TlsContext::make({.option = "redis.tls", .verify = false}, problems);
  EXPECT_EQ(tryToConnect(config), "open");
}

}  // namespace
}  // namespace sessiond
