// CacheLimits: how much may be kept in memory of sessions (session.cache.max_entries and max_bytes).

#pragma once

#include <cstddef>

namespace sessiond {

/// A plain value.
struct CacheLimits {
  std::size_t max_entries = 100000;
  std::size_t max_bytes = 64 * 1024 * 1024;
};

}  // namespace sessiond
