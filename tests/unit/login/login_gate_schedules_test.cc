// What must hold of the gate whatever happens in which order: generated schedules of several instances, users, networks
// and devices, with clocks that jump, a store that is away or loses everything, and tries that break off.

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "login/login_gate.h"
#include "support/fake_clock.h"
#include "support/memory_attempt_store.h"

namespace sessiond {
namespace {

using namespace std::chrono_literals;

constexpr int kSchedules = 100;
constexpr int kSteps = 600;

/// One schedule, and what its tries add up to.
class Schedule {
 public:
  explicit Schedule(unsigned seed) : random_(seed) {}

  void run() {
    for (int i = 0; i < kSteps && !testing::Test::HasFailure(); ++i) step();
  }

 private:
  struct Try {
    LoginGate::Pass pass;
    LoginVisitor visitor;
    int instance;
    WallTime at;
  };
  /// When tries were let in that nobody has given back.
  using Counted = std::vector<WallTime>;

  int below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }

  void step() {
    switch (below(20)) {
      case 0:
        return clock_.advance(
            std::array<std::chrono::seconds, 4>{30s, 10min, 1h, 25h}[static_cast<std::size_t>(below(4))]);
      case 1:
        if (below(10) == 0) return loseEverything();
        break;
      case 2:
        return tryWithoutStore();
      default:
        break;
    }
    if (below(3) == 0) return end();
    begin();
    if (below(4) == 0) clock_.advance(std::chrono::milliseconds(below(5000)));
  }

  /// Redis was started anew, empty: the limits begin anew as well.
  void loseEverything() {
    store_.clear();
    strangers_.clear();
    places_.clear();
    own_.clear();
    known_.clear();
  }

  LoginVisitor someone() {
    static const std::array<std::string, 3> users = {"ada", "bob", "nobody"};
    static const std::array<std::string, 4> places = {"10.0.0.0/24", "10.0.1.0/24", "2001:db8::/64", ""};
    static const std::array<std::string, 3> devices = {"", "phone", "laptop"};
    return {.user = users[static_cast<std::size_t>(below(3))],
            .place = places[static_cast<std::size_t>(below(4))],
            .device = devices[below(3) > 0 ? 0 : static_cast<std::size_t>(below(3))]};
  }

  void tryWithoutStore() {
    store_.failAfter(1);
    const auto pass = gates_[0].enter(someone());
    EXPECT_FALSE(pass);
    EXPECT_TRUE(!pass && (pass.error().unavailable || pass.error().wait > 0ms)) << "let in, or told nothing";
    store_.failAfter(-1);
  }

  void begin() {
    clock_.advance(1ms);  // no two tries at one time, so that the test can tell them apart
    const LoginVisitor visitor = someone();
    const int instance = below(2);
    const auto pass = gates_[static_cast<std::size_t>(instance)].enter(visitor);
    if (!pass) return noteRefusal(visitor, pass.error());
    noteEntry(visitor, *pass);
    under_way_.push_back({*pass, visitor, instance, clock_.wallNow()});
  }

  void noteRefusal(const LoginVisitor& visitor, const LoginRefused& refused) {
    EXPECT_FALSE(refused.unavailable);
    EXPECT_GT(refused.wait, 0ms);
    EXPECT_LE(refused.wait, 24h);
    if (refused.kind == LimitKind::kDevice || refused.kind == LimitKind::kKnownPlace) {
      EXPECT_GE(tries(own_, ownOf(visitor, refused.kind), 15min), 10U) << "locked out by others";
    } else {
      EXPECT_TRUE(visitor.device.empty()) << "a device was taken for a stranger";
      // The other instance may still remember, for a moment, whom it refused before.
      EXPECT_FALSE(isKnown(visitor) && !becameKnownLately(visitor)) << "a known place was taken for a stranger";
    }
  }

  /// Windows begin with their first try, so of any such time two of them may have a part.
  void noteEntry(const LoginVisitor& visitor, const LoginGate::Pass& pass) {
    const WallTime now = clock_.wallNow();
    const bool stranger = pass.kind == LimitKind::kStranger;
    EXPECT_EQ(stranger, visitor.device.empty() && !isKnown(visitor));
    if (!stranger) {
      const std::string own = ownOf(visitor, pass.kind);
      own_[own].push_back(now);
      EXPECT_LE(tries(own_, own, 15min), 20U);
      return;
    }
    const std::string user(visitor.user);
    const std::string place(visitor.place);
    strangers_[user].push_back(now);
    places_[place].push_back(now);
    EXPECT_LE(tries(strangers_, user, 30s), 10U);
    EXPECT_LE(tries(strangers_, user, 24h), 200U);
    EXPECT_LE(tries(places_, place, 10min), 100U);
    EXPECT_LE(tries(places_, place, 24h), 600U);
  }

  void end() {
    if (under_way_.empty()) return;
    const auto chosen = under_way_.begin() + below(static_cast<int>(under_way_.size()));
    const Try ended = *chosen;
    under_way_.erase(chosen);
    LoginGate& gate = gates_[static_cast<std::size_t>(ended.instance)];
    switch (below(6)) {
      case 0:
        takeBack(ended);
        gate.succeeded(ended.pass);
        if (!ended.visitor.device.empty()) own_.erase(ownOf(ended.visitor, LimitKind::kDevice));
        own_.erase(ownOf(ended.visitor, LimitKind::kKnownPlace));
        known_[{std::string(ended.visitor.user), std::string(ended.visitor.place)}] = clock_.wallNow();
        return;
      case 1:
        takeBack(ended);
        return gate.undecided(ended.pass);
      case 2:
        return;  // it broke off
      default:
        return gate.failed(ended.pass);
    }
  }

  void takeBack(const Try& ended) {
    const auto forget = [&](std::map<std::string, Counted>& all, const std::string& key) {
      std::erase(all[key], ended.at);
    };
    if (ended.pass.kind != LimitKind::kStranger) return forget(own_, ownOf(ended.visitor, ended.pass.kind));
    forget(strangers_, std::string(ended.visitor.user));
    forget(places_, std::string(ended.visitor.place));
  }

  static std::string ownOf(const LoginVisitor& visitor, LimitKind kind) {
    const bool device = kind == LimitKind::kDevice;
    return std::string(visitor.user) + (device ? " on " : " at ") +
           std::string(device ? visitor.device : visitor.place);
  }
  bool isKnown(const LoginVisitor& visitor) const {
    const auto found = known_.find({std::string(visitor.user), std::string(visitor.place)});
    return found != known_.end() && clock_.wallNow() - found->second < LoginGate::kPlaceLifetime;
  }
  bool becameKnownLately(const LoginVisitor& visitor) const {
    const auto found = known_.find({std::string(visitor.user), std::string(visitor.place)});
    return clock_.wallNow() - found->second < RefusalMemory::kLifetime;
  }
  std::size_t tries(const std::map<std::string, Counted>& all, const std::string& key, std::chrono::milliseconds time) {
    const auto found = all.find(key);
    if (found == all.end()) return 0;
    std::size_t count = 0;
    for (const WallTime at : found->second) count += clock_.wallNow() - at < time ? 1 : 0;
    return count;
  }

  std::mt19937 random_;
  FakeClock clock_;
  MemoryAttemptStore store_{clock_};
  const Secret secret_{std::string("a secret of the site's")};
  std::array<LoginGate, 2> gates_{LoginGate(LoginGateSettings{}, secret_, store_, store_, clock_),
                                  LoginGate(LoginGateSettings{}, secret_, store_, store_, clock_)};
  std::vector<Try> under_way_;
  std::map<std::string, Counted> strangers_;
  std::map<std::string, Counted> places_;
  std::map<std::string, Counted> own_;
  std::map<std::pair<std::string, std::string>, WallTime> known_;
};

TEST(LoginGateSchedules, NoLimitIsPassedAndNobodyIsLockedOutByOthers) {
  for (unsigned seed = 0; seed < kSchedules && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Schedule(seed).run();
  }
}

}  // namespace
}  // namespace sessiond
