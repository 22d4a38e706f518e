// EverybodyEnder: logs everybody out, at all instances.
//
// Logins that were made here end at once, however many there are: a counter moves (login_epoch.h). Sessions that
// applications made keep no counter; they are looked for, page by page, and end like any other, behind a tombstone.
// Their users' indexes are left to clean themselves. So does what was a session and cannot be read, too large, say:
// it may be somebody's, and be read again later. Carts and the like, sessions of nobody, stay, and so does what is no
// session below the same prefix.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/expected.h"
#include "session/facts_extractor.h"
#include "session/login_epoch.h"
#include "session/session_id.h"
#include "session/session_store.h"
#include "session/tombstone_lifetime.h"

namespace sessiond {

/// Names all sessions there are, in pages: each that is there from the first page to the last at least once.
class SessionScan {
 public:
  /// Where the first page begins, and what comes behind the last one.
  static constexpr std::string_view kEnd = "0";

  struct Page {
    std::vector<SessionId> ids;
    std::string next;
  };
  virtual ~SessionScan() = default;
  virtual Expected<Page, StoreError> page(std::string_view from) = 0;
};

/// Waits for the store. What it works with outlives it.
class EverybodyEnder {
 public:
  struct Parts {
    SessionStore& store;
    SessionScan& scan;
    const FactsExtractor& extractor;
    TombstoneLifetime tombstones;
    std::size_t max_bytes;  ///< RecordSettings::max_bytes
  };
  explicit EverybodyEnder(const Parts& parts) : parts_(parts) {}

  /// From now on no login that was made here before counts. How often that has been done. kCorrupt: the counter is
  /// damaged.
  Expected<std::uint64_t, StoreError> endLogins() const;

  struct Swept {
    std::size_t looked_at = 0;
    std::size_t ended = 0;
    Burial burial = Burial::kBuried;  ///< the worst of those that ended
    std::string next;                 ///< SessionScan::kEnd: that was all
  };
  /// To what the counter has been moved, and when that began, by the clock of whoever moved it. A login from before
  /// with that one, or a later one, shows that it had been lost and began anew; such logins end one by one.
  struct Moved {
    std::uint64_t epoch = LoginEpoch::kNone;
    WallTime at{};
  };
  /// Ends sessions on one page: what applications made, and what outlives the counter. `moved` absent: that could not
  /// be moved, and all logins end one by one. On an error the same page may be swept again.
  Expected<Swept, StoreError> sweep(std::string_view from, const std::optional<Moved>& moved) const;

 private:
  Expected<void, StoreError> look(std::span<const SessionId> ids, const std::optional<Moved>& moved,
                                  std::vector<SessionRevocation>& ending) const;

  const Parts parts_;
};

}  // namespace sessiond
