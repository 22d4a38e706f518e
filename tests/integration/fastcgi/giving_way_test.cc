// What is no session check gives way to checks on its lane, and nothing but that: no request of one connection
// overtakes another, and whatever happens to a connection meanwhile, its request is begun and its end is noticed.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "integration/fastcgi/holding_up.h"

namespace sessiond {
namespace {

using Order = std::vector<std::string>;

/// A server with one lane, which notes what it begins, and can be made to do something just before it goes on.
class GivingWay : public testing::Test {
 protected:
  GivingWay() {
    server_.handler->on_receive = [this](Exchange& exchange) {
      const std::string name(exchange.request.paramOrEmpty("NAME"));
      if (name.empty()) return routeByParam(exchange);
      begun_.push_back(name);
      if (const auto found = at_.find(name); found != at_.end()) found->second();
      return routeByParam(exchange);
    };
  }

  /// One that the lane knows already, so that nothing has to be accepted.
  FastcgiClient connection() {
    FastcgiClient client = server_.connect();
    EXPECT_TRUE(client.ask({}));
    return client;
  }
  std::vector<FastcgiClient> connections(int count) {
    std::vector<FastcgiClient> all;
    for (int i = 0; i < count; ++i) all.push_back(connection());
    return all;
  }
  static TestRequest check(const std::string& name) { return {.params = {{"NAME", name}}}; }
  static TestRequest other(const std::string& name, const std::string& route = "") {
    return {.params = {{"NAME", name}, {"R", route}, {"GIVES_WAY", "1"}}};
  }
  /// While a check is begun: what is sent there is in the lane's next round, all of it.
  void inOneRound(std::function<void()> send) {
    at_["first"] = std::move(send);
    FastcgiClient client = connection();
    EXPECT_TRUE(client.ask(check("first")));
  }
  static void expectAnswers(std::vector<FastcgiClient>& clients) {
    for (FastcgiClient& client : clients) {
      const auto reply = client.receive();
      ASSERT_TRUE(reply);
      EXPECT_EQ(reply->status(), 200);
    }
  }

  TestServer server_{Transport::kUnix, {.lanes = 1, .workers = 1, .password_workers = 1}};
  Order begun_;  // by the lane; read when it has answered
  std::map<std::string, std::function<void()>> at_;
};

TEST_F(GivingWay, TheChecksOfARoundComeFirst) {
  server_.start();
  std::vector<FastcgiClient> clients = connections(5);
  inOneRound([&] {
    clients[0].send(other("A").bytes());
    clients[1].send(other("B").bytes());
    clients[2].send(check("check 1").bytes());
    clients[3].send(other("C").bytes());
    clients[4].send(check("check 2").bytes());
  });
  expectAnswers(clients);
  EXPECT_EQ(begun_, Order({"first", "check 1", "check 2", "A", "B", "C"}));
}

TEST_F(GivingWay, ACheckThatComesMeanwhileWaitsForOneOnly) {
  server_.start();
  std::vector<FastcgiClient> clients = connections(6);
  at_["A"] = [&] { clients[4].send(check("check 1").bytes()); };
  at_["B"] = [&] { clients[5].send(check("check 2").bytes()); };
  inOneRound([&] {
    int i = 0;
    for (const char* const name : {"A", "B", "C", "D"})
      clients[static_cast<std::size_t>(i++)].send(other(name).bytes());
  });
  expectAnswers(clients);
  EXPECT_EQ(begun_, Order({"first", "A", "check 1", "B", "check 2", "C", "D"}));
}

TEST_F(GivingWay, EveryRouteLeadsOnAsUsual) {
  server_.start();
  FastcgiClient client = server_.connect();
  for (int i = 0; i < 100; ++i) {
    const std::string route = std::vector<std::string>{"", "load", "work", "password", "returning"}[std::size_t(i) % 5];
    TestRequest request = other("", route);
    request.body = std::string(std::size_t(i) * 300, 'b');  // the last answers are large
    const auto reply = client.ask(request);
    ASSERT_TRUE(reply) << i;
    EXPECT_EQ(reply->body(), "NAME=;R=" + route + ";GIVES_WAY=1;|" + request.body);
    EXPECT_EQ(reply->stray_bytes, 0U);
  }
  EXPECT_EQ(server_.metrics().accepted.read(), 1U);
  TestRequest last = other("");
  last.keep = false;
  EXPECT_EQ(client.ask(last)->status(), 200);
  EXPECT_TRUE(client.ended());
}

TEST_F(GivingWay, NoRequestOvertakesAnotherOfItsConnection) {
  server_.start();
  std::vector<FastcgiClient> clients = connections(2);
  at_["A"] = [&] { clients[1].send(check("B's check").bytes()); };
  inOneRound([&] {
    clients[0].send(other("A").bytes());
    clients[1].send(other("B", "work").bytes());
  });
  expectAnswers(clients);
  EXPECT_EQ(clients[1].receive()->body(), "NAME=B's check;|");
  EXPECT_EQ(begun_, Order({"first", "A", "B", "B's check"}));
  EXPECT_TRUE(clients[1].ask(check("C"))) << "it is kept";
}

TEST_F(GivingWay, WhoseBodyIsStillComingKeepsNobodyWaiting) {
  server_.start();
  std::vector<FastcgiClient> clients = connections(3);
  TestRequest slow = other("slow");
  slow.body = std::string(1000, 'b');
  const std::string bytes = slow.bytes();
  at_["A"] = [&] { clients[0].send(std::string_view(bytes).substr(700)); };
  inOneRound([&] {
    clients[0].send(std::string_view(bytes).substr(0, 700));
    clients[1].send(other("A").bytes());
    clients[2].send(other("B").bytes());
  });
  expectAnswers(clients);
  EXPECT_EQ(begun_, Order({"first", "A", "B", "slow"}));
}

TEST_F(GivingWay, WhoAbortsMeanwhileIsAnsweredAndLeft) {
  server_.start();
  for (const std::string route : {"", "work", "load"}) {
    std::vector<FastcgiClient> clients = connections(2);
    constexpr std::uint8_t kAbortRequest = 2;
    at_["A"] = [&] { clients[1].send(fastcgiRecord(kAbortRequest, 1, "")); };
    inOneRound([&] {
      clients[0].send(other("A").bytes());
      clients[1].send(other("B", route).bytes());
    });
    expectAnswers(clients);
    EXPECT_TRUE(clients[1].ended()) << route;
    EXPECT_TRUE(clients[0].ask(check("C")));
  }
}

TEST_F(GivingWay, WhoLeavesMeanwhileIsNoticed) {
  server_.start();
  for (const std::string route : {"", "work", "load"}) {
    std::vector<FastcgiClient> clients = connections(2);
    at_["A"] = [&] { clients[1].close(); };
    inOneRound([&] {
      clients[0].send(other("A").bytes());
      clients[1].send(other("B", route).bytes());
    });
    EXPECT_TRUE(clients[0].receive());
    EXPECT_TRUE(soon([&] { return server_.metrics().open.read() <= 1; })) << route;
    EXPECT_TRUE(clients[0].ask(check("C")));
    EXPECT_EQ(begun_, Order({"first", "A", "B", "C"}));
    begun_.clear();
  }
}

TEST_F(GivingWay, WhatWaitsWhenTheServerStopsIsAnswered) {
  server_.start();
  std::vector<FastcgiClient> clients = connections(3);
  std::unique_ptr<Stopping> stopping;
  at_["A"] = [&] { stopping = std::make_unique<Stopping>(*server_); };
  inOneRound([&] {
    clients[0].send(other("A").bytes());
    clients[1].send(other("B").bytes());
    clients[2].send(other("C", "work").bytes());
  });
  expectAnswers(clients);
  for (FastcgiClient& client : clients) EXPECT_TRUE(client.ended());
  stopping.reset();
  EXPECT_EQ(begun_, Order({"first", "A", "B", "C"}));
}

}  // namespace
}  // namespace sessiond
