// What the gate counts is found again by its key, as `sessionctl throttle` does.

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "base/enum_size.h"
#include "unit/login/login_gate_fixture.h"

namespace sessiond {
namespace {

/// Takes every try, and notes by which limit.
class NotedCounters final : public AttemptCounters {
 public:
  Expected<Reservation, AttemptStoreError> reserve(std::string_view key, const AttemptLimit& limit) override {
    limits_[std::string(key)] = &limit;
    return Reservation{};
  }
  Expected<void, AttemptStoreError> giveBack(std::string_view, const Reservation&) override { return {}; }
  Expected<void, AttemptStoreError> forget(std::string_view) override { return {}; }

  const std::map<std::string, const AttemptLimit*>& limits() const { return limits_; }

 private:
  std::map<std::string, const AttemptLimit*> limits_;
};

TEST_F(LoginGateTest, FindsEachOfItsCountersByTheKey) {
  NotedCounters counters;
  LoginGate gate(LoginGateSettings{}, secret_, counters, store_, clock_);
  ASSERT_TRUE(gate.enter(stranger_));
  ASSERT_TRUE(gate.enter(device_));
  const auto pass = gate.enter(office_);
  ASSERT_TRUE(pass);
  gate.succeeded(*pass);
  ASSERT_TRUE(gate.enter(office_));

  std::set<LimitKind> kinds;
  for (const auto& [key, limit] : counters.limits()) {
    const auto found = gate.counterOf(key);
    ASSERT_TRUE(found) << key;
    EXPECT_EQ(found->key, key);
    EXPECT_EQ(found->limit, limit) << key;
    kinds.insert(found->kind);
  }
  EXPECT_EQ(kinds.size(), enumSize<LimitKind>()) << "each kind has counters of its own";
  EXPECT_FALSE(gate.counterOf("tombstone:x"));
}

}  // namespace
}  // namespace sessiond
