// AppCache: the applications' own cache: JSON texts under keys, with or without a time to live.
//
// It is what the small cache module beside a Node application does with ioredis, and both see the same values:
//
//   client.set('cache:' + key, JSON.stringify(value), 'EX', 60)    put(key, json, 60s)
//   client.get('cache:' + key)                                     get(key)
//
// Not the sessions that sessiond keeps in memory; those are in session/session_cache.h.

#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/expected.h"

namespace sessiond {

/// What can be set about it: the options of `cache`. Those of the sessions in memory are CacheSettings.
struct AppCacheSettings {
  std::string key_prefix = "cache:";
  std::size_t max_bytes = std::size_t{1024} * 1024;  ///< of one value
};

enum class AppCacheError {
  kUnavailable,  ///< no answer, or none in time: whether a write happened is not known
  kWrongType,    ///< the key holds something that is no string
};

/// Thread-safe. Looks at no value: what is JSON, and what is too large, is the caller's business.
class AppCache {
 public:
  virtual ~AppCache() = default;

  /// nullopt: nothing is there, or an empty value, which is no JSON. Of a value larger than the configured limit, the
  /// first limit + 1 bytes: enough to see that.
  virtual Expected<std::optional<std::string>, AppCacheError> get(std::string_view key) = 0;
  /// Stores the value, whatever was there; without `ttl` it stays until it is deleted. REQUIRES: ttl > 0.
  virtual Expected<void, AppCacheError> put(std::string_view key, std::string_view json,
                                            std::optional<std::chrono::seconds> ttl) = 0;
  /// Deletes the value, if there is one.
  virtual Expected<void, AppCacheError> remove(std::string_view key) = 0;
};

}  // namespace sessiond
