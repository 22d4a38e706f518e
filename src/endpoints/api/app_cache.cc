#include "endpoints/api/app_cache.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/encoding.h"
#include "base/log.h"
#include "base/parse.h"
#include "endpoints/api/api_answers.h"
#include "endpoints/api/app_cache_key.h"
#include "endpoints/plain_answers.h"
#include "http/form.h"
#include "json/json_tree.h"

namespace sessiond {
namespace {

constexpr std::string_view kDefaultPath = "/cache/";
constexpr std::string_view kTooDeep = "the JSON text is nested deeper than 64";
constexpr std::string_view kNoJson = "it is no JSON text in UTF-8";
constexpr std::uint64_t kMaxTtl = std::uint64_t{100} * 365 * 24 * 3600;

/// Why a text is none that this cache keeps; nullopt: it is one.
std::optional<std::string_view> complaintAbout(std::string_view json) {
  if (!isValidUtf8(json)) return kNoJson;
  const Expected<JsonTree, JsonError> tree = JsonTree::parse(json);
  if (tree) return std::nullopt;
  return tree.error() == JsonError::kTooDeep ? kTooDeep : kNoJson;
}

/// From `ttl=60`; no query: no ttl. What is misspelt must not mean "for ever". The error is a reason.
Expected<std::optional<std::chrono::seconds>, std::string_view> ttlIn(std::string_view query) {
  using Reason = Unexpected<std::string_view>;
  if (query.empty()) return std::optional<std::chrono::seconds>();
  const std::optional<FormFields> fields = parseForm(query);
  if (!fields || fields->size() != 1 || fields->front().first != "ttl") {
    return Reason("the query may be ttl= and seconds, and nothing else");
  }
  const std::optional<std::uint64_t> ttl = parseInteger<std::uint64_t>(fields->front().second);
  if (!ttl || *ttl == 0 || *ttl > kMaxTtl) return Reason("ttl must be whole seconds from 1 to 3153600000");
  return std::optional(std::chrono::seconds(static_cast<std::int64_t>(*ttl)));
}

}  // namespace

AppCacheEndpoint::AppCacheEndpoint(const AppCacheParts& parts)
    : parts_(parts),
      max_body_bytes_(std::min(parts.max_bytes, kMaxApiBodyBytes)),
      damaged_(parts.metrics.counter("sessiond_app_cache_damaged_values_total",
                                     "Values read for applications that are no JSON, no string, or too large.")) {}

Response AppCacheEndpoint::answer(const Request& request) const {
  const std::string_view method = request.paramOrEmpty("REQUEST_METHOD");
  const bool reads = method == "GET" || method == "HEAD";
  if (!reads && method != "PUT" && method != "DELETE") return apiMethodNotAllowed("GET, HEAD, PUT, DELETE");
  const Expected<std::string, std::string_view> key =
      appCacheKeyIn(request.paramOrEmpty("SESSIOND_URI"), request.param("SESSIOND_CACHE_PATH").value_or(kDefaultPath));
  if (!key) return apiError(400, "invalid_key", key.error());
  if (method == "PUT") return put(*key, request);
  if (!request.paramOrEmpty("QUERY_STRING").empty()) {
    return apiError(400, "invalid_query", "only PUT has a query; a question mark within the key is %3F");
  }
  return reads ? get(*key) : remove(*key);
}

Response AppCacheEndpoint::get(std::string_view key) const {
  Expected<std::optional<std::string>, AppCacheError> found = parts_.cache.get(key);
  if (!found) {
    return found.error() == AppCacheError::kWrongType ? damaged(key, "it is no string") : apiUnavailable();
  }
  std::optional<std::string>& value = *found;
  if (!value) return apiError(404, "not_found", "nothing is stored under this key");
  if (value->size() > parts_.max_bytes) return damaged(key, "it is larger than cache.max_bytes");
  if (const std::optional<std::string_view> complaint = complaintAbout(*value)) return damaged(key, *complaint);
  return jsonAnswer(200, *std::move(value));
}

Response AppCacheEndpoint::put(std::string_view key, const Request& request) const {
  const auto ttl = ttlIn(request.paramOrEmpty("QUERY_STRING"));
  if (!ttl) return apiError(400, "invalid_ttl", ttl.error());
  if (request.body.size() > max_body_bytes_) {
    const bool is_ours = parts_.max_bytes < kMaxApiBodyBytes;
    return apiError(413, "too_large",
                    "the value is larger than " +
                        (is_ours ? "cache.max_bytes, " + std::to_string(parts_.max_bytes) + " bytes" : "120 KiB"));
  }
  if (const std::optional<std::string_view> complaint = complaintAbout(request.body)) {
    return apiError(400, "invalid_json", *complaint == kNoJson ? "the body is no JSON text in UTF-8" : *complaint);
  }
  if (!parts_.cache.put(key, request.body, *ttl)) return apiUnavailable();
  Response response(204);
  response.add("Cache-Control", "no-store");
  return response;
}

Response AppCacheEndpoint::remove(std::string_view key) const {
  if (!parts_.cache.remove(key)) return apiUnavailable();
  Response response(204);
  response.add("Cache-Control", "no-store");
  return response;
}

Response AppCacheEndpoint::damaged(std::string_view key, std::string_view reason) const {
  damaged_.add();
  logWarn("cache: a stored value cannot be given out", {{"key", pseudonym(parts_.log_key, key)}, {"why", reason}});
  return apiError(500, "damaged", reason);
}

}  // namespace sessiond
