#include "session/flights.h"

#include <algorithm>

#include "base/check.h"

namespace sessiond {

bool Flights::any(LaneStore::Group group) const {
  return any() && std::ranges::any_of(all_, [group](const Flight& one) { return one.under_way && one.group == group; });
}

SteadyTime Flights::lastDeadline() const {
  SteadyTime last = SteadyTime::min();
  for (const Flight& flight : all_) {
    if (flight.under_way) last = std::max(last, flight.deadline);
  }
  return last;
}

Flight& Flights::prepare(LaneStore::Group group) {
  const auto idle = std::ranges::find_if(all_, [](const Flight& one) { return !one.under_way; });
  Flight& flight = idle == all_.end() ? all_.emplace_back() : *idle;
  flight.group = group;
  return flight;
}

void Flights::start(Flight& flight) {
  flight.under_way = true;
  ++under_way_;
}

Flight& Flights::of(const StoreBatch& batch) {
  const auto found = std::ranges::find_if(all_, [&](const Flight& one) { return &one.batch == &batch; });
  SESSIOND_CHECK(found != all_.end() && found->under_way);
  return *found;
}

void Flights::end(Flight& flight) {
  flight.under_way = false;
  --under_way_;
}

}  // namespace sessiond
