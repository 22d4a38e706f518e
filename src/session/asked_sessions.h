// AskedSessions: the sessions that a loader (session_loader.h) is going to ask for, or asks for in one batch, and who
// wants them. Found again by the keyed hash of the id, since a session is asked for once, however many checks want it.
//
// Nearly every look-up is for one that is not here: a filter of 512 bits knows that at once, nine times of ten among
// fifty. Without it a look-up went through all of them, three cache lines each: 360 instructions of each check that
// asks Redis, with 64 connections.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "session/lane_store.h"
#include "session/session_cache.h"
#include "session/session_id.h"
#include "session/session_want.h"

namespace sessiond {

/// A session that is asked for, or will be, and all who want it.
struct AskedSession {
  std::uint64_t hash = 0;
  LaneStore::Group group = LaneStore::kMixed;
  bool by_user = false;  ///< so is that: of the session and of its user
  SessionCache::Note note;
  std::vector<SessionWant*> wants;  ///< none: their time was over, and the answer is kept for others
  std::optional<SessionId> id;      ///< the batch's own, when the one whose id it took has gone
  SessionRef met = {};              ///< what it turned out to be, where its user has to be looked at as well

  const std::string& idBytes() const { return id ? id->bytes() : wants.front()->id->bytes(); }
};

/// Of one lane's thread. In the order in which they came.
class AskedSessions {
 public:
  /// Through how many find() looks at most. More wait only when all is lost anyway.
  static constexpr std::size_t kLookBack = 256;

  void add(AskedSession&& one) {
    all_.push_back(std::move(one));
    note(all_.back().hash);
  }
  /// The last one of this id, of whose bytes `hash` is the keyed hash; nullptr: there is none.
  AskedSession* find(std::uint64_t hash, std::string_view id_bytes) {
    if ((wordOf(hash) & bitOf(hash)) == 0) return nullptr;
    const auto last = std::min(all_.size(), kLookBack);
    const auto end = all_.rbegin() + static_cast<std::ptrdiff_t>(last);
    const auto found = std::find_if(
        all_.rbegin(), end, [&](const AskedSession& one) { return one.hash == hash && one.idBytes() == id_bytes; });
    return found == end ? nullptr : &*found;
  }
  /// Removes those for which `leaves` is true; it may have moved from them.
  template <typename Leaves>
  void removeIf(const Leaves& leaves) {
    std::erase_if(all_, leaves);
    filter_ = {};
    for (const AskedSession& one : all_) note(one.hash);
  }
  void clear() {
    all_.clear();
    filter_ = {};
  }

  std::size_t size() const { return all_.size(); }
  bool empty() const { return all_.empty(); }
  AskedSession& operator[](std::size_t index) { return all_[index]; }
  auto begin() { return all_.begin(); }
  auto end() { return all_.end(); }
  auto begin() const { return all_.begin(); }
  auto end() const { return all_.end(); }

 private:
  // Other bits of the hash than those by which the cache finds its shard and its slot.
  std::uint64_t& wordOf(std::uint64_t hash) { return filter_[hash >> 40 & 7]; }
  static std::uint64_t bitOf(std::uint64_t hash) { return std::uint64_t{1} << (hash >> 32 & 63); }
  void note(std::uint64_t hash) { wordOf(hash) |= bitOf(hash); }

  std::vector<AskedSession> all_;
  std::array<std::uint64_t, 8> filter_{};  ///< a bit is set for each that is here, and for others
};

}  // namespace sessiond
