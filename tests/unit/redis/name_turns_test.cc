#include "redis/name_turns.h"

#include <gtest/gtest.h>
#include <netdb.h>

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "support/fake_clock.h"

namespace sessiond {
namespace {

using namespace std::chrono_literals;
using Hosts = NameTurns::Hosts;
using Step = NameTurns::Step;

constexpr milliseconds kInterval = 1s;

/// A name server's answers and somebody's connections, as a test says.
class NameTurnsTest : public testing::Test {
 protected:
  static ResolvedAddresses addresses(std::initializer_list<const char*> hosts) {
    std::vector<SocketAddress> all;
    for (const char* host : hosts) all.push_back(lookUpHost(host, 6379, AI_NUMERICHOST)->front());
    return all;
  }
  void leadsTo(std::initializer_list<const char*> hosts) { answer_ = addresses(hosts); }

  Step step() {
    const auto look_up = [this](std::uint64_t& ticket) -> std::optional<ResolvedAddresses> {
      if (ticket == 0) ticket = ++lookups_;
      if (is_slow_) return std::nullopt;
      return answer_;
    };
    const auto peers = [this] { return peers_; };
    return turns_.step(look_up, peers, clock_.steadyNow());
  }
  Step stepLater() {
    clock_.advance(kInterval);
    return step();
  }
  /// Everybody connects anew.
  void follow() { peers_ = turns_.hosts(); }

  FakeClock clock_;
  NameTurns turns_{kInterval};
  ResolvedAddresses answer_ = addresses({"192.0.2.1"});
  Hosts peers_ = {"192.0.2.1"};
  std::uint64_t lookups_ = 0;
  bool is_slow_ = false;
};

TEST_F(NameTurnsTest, ANameThatLeadsWhereItLedHasNotTurned) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(stepLater(), Step::kNothing);
  EXPECT_EQ(lookups_, 5U);
}

TEST_F(NameTurnsTest, LooksTheNameUpOnceAnInterval) {
  step();
  clock_.advance(kInterval - 1ms);
  step();
  EXPECT_EQ(lookups_, 1U);
  clock_.advance(1ms);
  EXPECT_EQ(turns_.nextStep(), clock_.steadyNow());
  step();
  EXPECT_EQ(lookups_, 2U);
}

TEST_F(NameTurnsTest, TheFirstAnswerWithoutAnAddressThatConnectionsWereMadeToIsATurn) {
  EXPECT_EQ(step(), Step::kNothing);
  leadsTo({"192.0.2.2"});
  EXPECT_EQ(stepLater(), Step::kTurned);
  EXPECT_EQ(turns_.hosts(), Hosts{"192.0.2.2"});
  follow();
  EXPECT_EQ(stepLater(), Step::kNothing);
}

TEST_F(NameTurnsTest, WhereNobodyIsConnectedNothingTurns) {
  peers_.clear();
  leadsTo({"192.0.2.2"});
  EXPECT_EQ(step(), Step::kNothing);
}

TEST_F(NameTurnsTest, AddressesInAnyOrderAndMoreOfThemAreNoTurn) {
  peers_ = {"192.0.2.1", "2001:db8::1"};
  leadsTo({"2001:db8::1", "192.0.2.3", "192.0.2.1"});
  EXPECT_EQ(step(), Step::kNothing);
  leadsTo({"2001:db8::1", "192.0.2.3"});
  EXPECT_EQ(stepLater(), Step::kTurned) << "somebody may be connected to the one that is gone";
}

TEST_F(NameTurnsTest, ANameThatCannotBeLookedUpChangesNothing) {
  answer_ = Unexpected(std::string("no such host"));
  EXPECT_EQ(step(), Step::kNothing);
  EXPECT_EQ(stepLater(), Step::kNothing);
  leadsTo({"192.0.2.2"});
  EXPECT_EQ(stepLater(), Step::kTurned);
}

TEST_F(NameTurnsTest, ASlowLookUpIsAskedForAgainAndNotBegunAnew) {
  is_slow_ = true;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(step(), Step::kNothing);
    clock_.advance(NameTurns::kPatience);
  }
  EXPECT_EQ(lookups_, 1U);
  is_slow_ = false;
  leadsTo({"192.0.2.2"});
  EXPECT_EQ(step(), Step::kTurned);
  EXPECT_EQ(lookups_, 1U);
  EXPECT_EQ(turns_.nextStep(), clock_.steadyNow() + kInterval);
}

TEST_F(NameTurnsTest, AServerThatComesBackIsFollowedAtOnce) {
  for (const char* host : {"192.0.2.2", "192.0.2.1"}) {
    leadsTo({host});
    EXPECT_EQ(stepLater(), Step::kTurned) << host;
    follow();
  }
}

TEST_F(NameTurnsTest, AnAnswerThatIsAnotherEachTimeIsFollowedThreeTimesAMinute) {
  int turns = 0;
  for (int i = 0; i < 120; ++i) {
    leadsTo({i % 2 == 0 ? "192.0.2.2" : "192.0.2.1"});
    const Step done = stepLater();
    if (done == Step::kTurned) {
      ++turns;
      follow();
    }
    if (i == 3) {
      EXPECT_EQ(done, Step::kHeldBack);
    }
  }
  EXPECT_EQ(turns, 6);
}

/// As where a server takes over while a name leads now to this proxy and now to that one.
TEST_F(NameTurnsTest, AnAddressThatIsNewIsFollowedAtOnceHoweverOftenTheNameTurns) {
  for (int i = 0; i < 90; ++i) {
    leadsTo({i % 2 == 0 ? "192.0.2.2" : "192.0.2.1"});
    if (stepLater() == Step::kTurned) follow();
  }
  ASSERT_EQ(stepLater(), Step::kNothing);
  leadsTo({"192.0.2.2"});
  ASSERT_EQ(stepLater(), Step::kHeldBack) << "if not, this test shows nothing any more";
  leadsTo({"192.0.2.3"});
  EXPECT_EQ(stepLater(), Step::kTurned);
  follow();
  leadsTo({"192.0.2.1"});
  EXPECT_EQ(stepLater(), Step::kHeldBack);
}

/// {A}, {A, B}, {B}.
TEST_F(NameTurnsTest, AnAddressIsNewForAMinute) {
  for (int i = 0; i < 90; ++i) {
    leadsTo({i % 2 == 0 ? "192.0.2.2" : "192.0.2.1"});
    if (stepLater() == Step::kTurned) follow();
  }
  leadsTo({"192.0.2.1", "192.0.2.2", "192.0.2.3"});
  ASSERT_EQ(stepLater(), Step::kNothing);
  leadsTo({"192.0.2.3"});
  EXPECT_EQ(stepLater(), Step::kTurned);
}

TEST_F(NameTurnsTest, AddressesThatAreNewEachTimeAreFollowedThreeTimesAMinute) {
  int turns = 0;
  for (int i = 0; i < 1500; ++i) {
    const std::string host = "198.51." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1);
    leadsTo({host.c_str()});
    if (stepLater() != Step::kTurned) continue;
    ++turns;
    follow();
  }
  EXPECT_EQ(turns, 3 * 1500 / 60);
}

}  // namespace
}  // namespace sessiond
