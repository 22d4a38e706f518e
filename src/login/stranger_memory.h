// StrangerMemory: which users' strangers have to wait, and which places are none of a stranger's, so that a flood of
// tries from everywhere at one user costs neither Redis nor those who wait behind it. One answer of the store's is
// enough for all who try that user, whatever their network: whoever comes from a place that the user has logged in from
// is not meant.
//
// What it says is at most two seconds older than what the store would say. After one second single tries are let
// through to ask the store anew, while the others are still refused from here: so they never come back all together.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"

namespace sessiond {

/// Thread-safe.
class StrangerMemory {
 public:
  static constexpr std::chrono::seconds kFresh{1};     ///< nobody asks the store
  static constexpr std::chrono::seconds kLifetime{2};  ///< everybody does, from then on
  /// In between, from one that asks to the next, should nothing have come of the first.
  static constexpr std::chrono::milliseconds kBetweenAsking{100};
  /// More users than this are not worth remembering: the memory begins anew.
  static constexpr std::size_t kMost = 4096;

  /// For somebody who may be spared the store: what is left of the wait. Absent: the store has to say. Of those that
  /// come in the second second that is one each kBetweenAsking, who is to be let through.
  std::optional<std::chrono::milliseconds> spare(const std::string& user, const std::string& place, SteadyTime now) {
    auto entries = entries_.lock();
    Entry* const entry = find(*entries, user, place, now, kLifetime);
    if (entry == nullptr) return std::nullopt;
    if (now >= entry->next_asks_at) {
      entry->next_asks_at = now + kBetweenAsking;
      return std::nullopt;
    }
    return left(*entry, now);
  }
  /// For somebody who has been let through: the same while it is fresh.
  std::optional<std::chrono::milliseconds> fresh(const std::string& user, const std::string& place, SteadyTime now) {
    auto entries = entries_.lock();
    const Entry* const entry = find(*entries, user, place, now, kFresh);
    if (entry == nullptr) return std::nullopt;
    return left(*entry, now);
  }
  /// `places`: all that are known of the user. `now`: before the store was asked.
  /// What somebody else knows since then stays.
  void note(const std::string& user, std::vector<std::string> places, std::chrono::milliseconds wait, SteadyTime now) {
    Entry entry{
        .places = std::move(places), .noted = now, .changed = now, .ends = now + wait, .next_asks_at = now + kFresh};
    Entries all;  // whatever goes, goes when nobody waits for the lock
    auto entries = entries_.lock();
    if (entries->size() >= kMost && !entries->contains(user)) entries->swap(all);
    Entry& standing = (*entries)[user];
    if (standing.changed <= now) std::swap(standing, entry);
  }
  /// The user has logged in from there, and the store knows it.
  void addPlace(const std::string& user, const std::string& place, SteadyTime now) {
    Entry past;
    auto entries = entries_.lock();
    const auto found = entries->find(user);
    if (found == entries->end()) return;
    Entry& entry = found->second;
    if (now >= entry.noted + kLifetime) {
      std::swap(past, entry);
      entries->erase(found);
      return;
    }
    entry.changed = std::max(entry.changed, now);
    if (!isKnown(entry, place)) entry.places.push_back(place);
  }

 private:
  struct Entry {
    std::vector<std::string> places;
    SteadyTime noted;
    SteadyTime changed;  ///< noted, or a place added
    SteadyTime ends;     ///< of the wait
    SteadyTime next_asks_at;
  };
  using Entries = std::unordered_map<std::string, Entry>;

  static Entry* find(Entries& entries, const std::string& user, const std::string& place, SteadyTime now,
                     std::chrono::seconds lifetime) {
    const auto found = entries.find(user);
    if (found == entries.end()) return nullptr;
    Entry& entry = found->second;
    if (now >= entry.ends || now >= entry.noted + lifetime) return nullptr;
    return isKnown(entry, place) ? nullptr : &entry;
  }
  static bool isKnown(const Entry& entry, const std::string& place) {
    return std::find(entry.places.begin(), entry.places.end(), place) != entry.places.end();
  }
  static std::chrono::milliseconds left(const Entry& entry, SteadyTime now) {
    return std::chrono::ceil<std::chrono::milliseconds>(entry.ends - now);
  }

  Guarded<Entries> entries_;
};

}  // namespace sessiond
