#include "session/pending_batches.h"

#include <algorithm>

#include "base/check.h"

namespace sessiond {

bool PendingBatches::any(LaneStore::Group group) const {
  return any() &&
         std::ranges::any_of(all_, [group](const PendingBatch& one) { return one.under_way && one.group == group; });
}

SteadyTime PendingBatches::lastDeadline() const {
  SteadyTime last = SteadyTime::min();
  for (const PendingBatch& pending : all_) {
    if (pending.under_way) last = std::max(last, pending.deadline);
  }
  return last;
}

PendingBatch& PendingBatches::prepare(LaneStore::Group group) {
  const auto idle = std::ranges::find_if(all_, [](const PendingBatch& one) { return !one.under_way; });
  PendingBatch& pending = idle == all_.end() ? all_.emplace_back() : *idle;
  pending.group = group;
  return pending;
}

void PendingBatches::start(PendingBatch& pending) {
  pending.under_way = true;
  ++under_way_;
}

PendingBatch& PendingBatches::of(const StoreBatch& batch) {
  const auto found = std::ranges::find_if(all_, [&](const PendingBatch& one) { return &one.batch == &batch; });
  SESSIOND_CHECK(found != all_.end() && found->under_way);
  return *found;
}

void PendingBatches::end(PendingBatch& pending) {
  pending.under_way = false;
  --under_way_;
}

}  // namespace sessiond
