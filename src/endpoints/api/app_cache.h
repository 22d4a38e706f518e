// cache: the applications' cache in Redis, for applications in any language: JSON texts under keys.
//
//   GET     /cache/<key>             200 with the bytes that were stored, or 404
//   PUT     /cache/<key>?ttl=86400   204; the body is any JSON text; without ttl it stays until it is deleted
//   DELETE  /cache/<key>             204, whether there was anything or not
//   400     key, query or body, with a reason; 413 the body is too large
//   500     what is stored is no JSON, or larger than cache.max_bytes: another program put it there
//   503     Redis cannot be asked, or is full

#pragma once

#include <cstddef>
#include <string_view>

#include "base/crypto.h"
#include "base/metrics.h"
#include "http/request.h"
#include "http/response.h"
#include "session/app_cache.h"

namespace sessiond {

/// What it works with; all outlive the endpoint.
struct AppCacheParts {
  AppCache& cache;
  std::size_t max_bytes;  ///< cache.max_bytes
  const HmacKey& log_key;
  MetricsRegistry& metrics;
};

/// Thread-safe.
class AppCacheEndpoint {
 public:
  explicit AppCacheEndpoint(const AppCacheParts& parts);

  Response answer(const Request& request) const;

 private:
  Response get(std::string_view key) const;
  Response put(std::string_view key, const Request& request) const;
  Response remove(std::string_view key) const;
  Response damaged(std::string_view key, std::string_view reason) const;

  const AppCacheParts parts_;
  const std::size_t max_body_bytes_;
  Counter& damaged_;
};

}  // namespace sessiond
