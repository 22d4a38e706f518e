// Many sessions are loaded in pieces: who fills their own up to session.max_bytes, and has hundreds of them, must not
// make one load take longer than a store may take for an answer, since that would keep all of them from being ended.

#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "base/expected.h"
#include "session/session_id.h"
#include "session/session_store.h"

namespace sessiond {

/// What one piece brings at most, unless one session alone is larger.
inline constexpr std::size_t kMostBytesOfPiece = std::size_t{8} * 1024 * 1024;

/// Calls `each` with one piece after the other, in their order, until one fails. `max_bytes`: of a session, as far as
/// it is read (RecordSettings::max_bytes).
template <typename Each>
Expected<void, StoreError> inPieces(std::span<const SessionId> ids, std::size_t max_bytes, const Each& each) {
  const std::size_t most = std::max<std::size_t>(kMostBytesOfPiece / std::max<std::size_t>(max_bytes, 1), 1);
  for (; !ids.empty(); ids = ids.subspan(std::min(most, ids.size()))) {
    const Expected<void, StoreError> done = each(ids.first(std::min(most, ids.size())));
    if (!done) return done;
  }
  return {};
}

}  // namespace sessiond
