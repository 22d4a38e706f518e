// CacheLimits: how much may be kept in memory of sessions (session.cache.max_entries and max_bytes).

#pragma once

#include <cstddef>

namespace sessiond {

/// A plain value. The limits hold for what is kept with the cache switched off, too.
struct CacheLimits {
  std::size_t max_entries = 200'000;
  std::size_t max_bytes = std::size_t{256} * 1024 * 1024;
};

}  // namespace sessiond
