#include "session/everybody_ender.h"

namespace sessiond {
namespace {

bool endsByCounter(const SessionFacts& facts, const EverybodyEnder::Moved& moved) {
  if (facts.epoch == LoginEpoch::kNone) return false;
  return facts.epoch < moved.epoch || !facts.created || *facts.created >= moved.at;
}

}  // namespace

Expected<std::uint64_t, StoreError> EverybodyEnder::endLogins() const {
  const Expected<std::uint64_t, StoreError> epoch = parts_.store.raiseEpoch(0);
  return epoch ? parts_.store.raiseEpoch(*epoch + 1) : epoch;
}

Expected<EverybodyEnder::Swept, StoreError> EverybodyEnder::sweep(std::string_view from,
                                                                  const std::optional<Moved>& moved) const {
  const Expected<SessionScan::Page, StoreError> page = parts_.scan.page(from);
  if (!page) return Unexpected(page.error());
  std::vector<SessionLoad> loads;
  for (const SessionId& id : page->ids) loads.push_back({.id = &id, .wants_ttl = true});
  if (!loads.empty()) parts_.store.load(loads);
  std::vector<SessionRevocation> revocations;
  for (const SessionLoad& load : loads) {
    if (!load.result && load.result.error() != StoreError::kCorrupt) return Unexpected(load.result.error());
    if (!load.result || !load.result->json) continue;
    const SessionFacts facts = parts_.extractor.extract(*load.result->json);
    if (facts.state != CheckStatus::kValid || (moved && endsByCounter(facts, *moved))) continue;
    revocations.push_back({.id = *load.id, .tombstone_ttl = parts_.tombstones.of(facts.touch_ttl, load.result->ttl)});
  }
  parts_.store.revoke(revocations);
  Swept swept{.looked_at = loads.size(), .ended = revocations.size(), .next = page->next};
  for (const SessionRevocation& one : revocations) {
    if (!one.result) return Unexpected(one.result.error());
    if (*one.result == Burial::kUnburied) swept.burial = Burial::kUnburied;
  }
  return swept;
}

}  // namespace sessiond
