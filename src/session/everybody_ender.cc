#include "session/everybody_ender.h"

#include <cstddef>

#include "base/check.h"
#include "json/json_tree.h"
#include "session/load_pieces.h"

namespace sessiond {
namespace {

bool endsByCounter(const SessionFacts& facts, const EverybodyEnder::Moved& moved) {
  if (facts.epoch == LoginEpoch::kNone) return false;
  return facts.epoch < moved.epoch || !facts.created || *facts.created >= moved.at;
}

/// Of what cannot be read. Who lies below the same prefix with something else is not a session that is damaged.
bool mayBeSession(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || text[begin] != '{') return false;
  // One that is too large was read only in part, and is malformed then.
  const auto tree = JsonTree::parse(text);
  return !tree || tree->root().member("cookie");
}

/// Whoever it is that cannot be read now may be read again, once an application has saved it smaller, say.
bool maySpeakForSomebody(const SessionFacts& facts, std::string_view text) {
  switch (facts.state) {
    case CheckStatus::kAnonymous:
    case CheckStatus::kUnknown:
      return false;
    case CheckStatus::kCorrupt:
      return mayBeSession(text);
    case CheckStatus::kValid:
    case CheckStatus::kMissing:
    case CheckStatus::kMalformed:
    case CheckStatus::kForged:
    case CheckStatus::kTooMany:
    case CheckStatus::kTooLarge:
    case CheckStatus::kExpired:
    case CheckStatus::kRevoked:
    case CheckStatus::kStale:
    case CheckStatus::kForbidden:
    case CheckStatus::kLost:
    case CheckStatus::kIncomplete:
    case CheckStatus::kUnavailable:
    case CheckStatus::kMisconfigured:
      return true;
  }
  SESSIOND_CHECK(false);
}

}  // namespace

Expected<std::uint64_t, StoreError> EverybodyEnder::endLogins() const {
  const Expected<std::uint64_t, StoreError> epoch = parts_.store.raiseEpoch(0);
  return epoch ? parts_.store.raiseEpoch(*epoch + 1) : epoch;
}

/// Adds those that are to end.
Expected<void, StoreError> EverybodyEnder::look(std::span<const SessionId> ids, const std::optional<Moved>& moved,
                                                std::vector<SessionRevocation>& ending) const {
  std::vector<SessionLoad> loads;
  for (const SessionId& id : ids) loads.push_back({.id = &id, .wants_ttl = true});
  parts_.store.load(loads);
  for (const SessionLoad& load : loads) {
    if (!load.result && load.result.error() != StoreError::kCorrupt) return Unexpected(load.result.error());
    if (!load.result || !load.result->json) continue;
    const SessionFacts facts = parts_.extractor.extract(*load.result->json);
    if (!maySpeakForSomebody(facts, *load.result->json) || (moved && endsByCounter(facts, *moved))) continue;
    const auto life = facts.state == CheckStatus::kValid ? facts.touch_ttl : parts_.tombstones.usual_life;
    ending.push_back({.id = *load.id, .tombstone_ttl = parts_.tombstones.of(life, load.result->ttl)});
  }
  return {};
}

Expected<EverybodyEnder::Swept, StoreError> EverybodyEnder::sweep(std::string_view from,
                                                                  const std::optional<Moved>& moved) const {
  const Expected<SessionScan::Page, StoreError> page = parts_.scan.page(from);
  if (!page) return Unexpected(page.error());
  std::vector<SessionRevocation> revocations;
  const auto looked = inPieces(page->ids, parts_.max_bytes,
                               [&](std::span<const SessionId> piece) { return look(piece, moved, revocations); });
  if (!looked) return Unexpected(looked.error());
  parts_.store.revoke(revocations);
  Swept swept{.looked_at = page->ids.size(), .ended = revocations.size(), .next = page->next};
  for (const SessionRevocation& one : revocations) {
    if (!one.result) return Unexpected(one.result.error());
    if (*one.result == Burial::kUnburied) swept.burial = Burial::kUnburied;
  }
  return swept;
}

}  // namespace sessiond
