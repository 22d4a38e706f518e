// Sessions to load, with what their names and results refer to, and their results in words.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "session/session_store.h"
#include "support/session_ids.h"

namespace sessiond {

/// Loads of some ids, and the ids.
struct Loads {
  explicit Loads(const std::vector<std::string>& names, bool wants_ttl = false) {
    for (const std::string& name : names) ids.push_back(idOf(name));
    for (const SessionId& id : ids) loads.push_back({.id = &id, .wants_ttl = wants_ttl});
  }
  /// One word or value for each.
  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const SessionLoad& load : loads) {
      if (!load.result) {
        all.emplace_back(load.result.error() == StoreError::kCorrupt ? "(corrupt)" : "(unavailable)");
        continue;
      }
      const StoredSession& stored = load.result.value();
      all.push_back(std::string(stored.revoked ? "revoked " : "") + std::string(stored.json.value_or("(none)")) +
                    (stored.ttl ? stored.ttl == kNoEnd ? " lasts" : " expires" : ""));
    }
    return all;
  }

  std::vector<SessionId> ids;
  std::vector<SessionLoad> loads;
};

}  // namespace sessiond
