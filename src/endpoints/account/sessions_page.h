// What the `sessions` endpoint shows: a page, or JSON.

#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "endpoints/pages/page_values.h"
#include "session/session_list.h"

namespace sessiond {

/// A page shows so many; how many more there are is said.
inline constexpr std::size_t kMostShown = 50;

/// All that the page of sessions says. `in_use`: who has not been away for longer is there now.
PageValues sessionsPage(std::span<const ListedSession> sessions, std::chrono::milliseconds in_use);

/// The same for programs; all of them.
std::string sessionsJson(std::span<const ListedSession> sessions, WallTime now);

/// "12 min": in the largest unit of which it is one at least; of days two at least.
struct Age {
  std::string_view unit;  ///< a key of the pages' texts
  std::int64_t count = 0;
};
Age ageOf(std::chrono::milliseconds age);

}  // namespace sessiond
