#include "endpoints/cross_site.h"

#include <algorithm>
#include <optional>

#include "endpoints/own_origin.h"
#include "http/origin.h"

namespace sessiond {
namespace {

enum class Source { kOwn, kListed, kForeign };

Source sourceOf(const std::string& origin, const Request& request, std::span<const std::string> allowed_origins) {
  if (std::find(allowed_origins.begin(), allowed_origins.end(), origin) != allowed_origins.end())
    return Source::kListed;
  return ownOrigin(request) == origin ? Source::kOwn : Source::kForeign;
}

/// Does every Sec-Fetch-Site that was sent, and at least one, say same-origin?
bool browserSaysSameOrigin(const Request& request) {
  bool said = false;
  for (const Param& param : request.params) {
    if (param.name != "HTTP_SEC_FETCH_SITE" || param.value.empty()) continue;
    if (param.value != "same-origin") return false;
    said = true;
  }
  return said;
}

}  // namespace

bool isCrossSite(const Request& request, std::span<const std::string> allowed_origins) {
  bool listed = false;
  for (const Param& param : request.params) {
    if (param.name != "HTTP_ORIGIN" || param.value.empty()) continue;
    if (param.value == "null" && browserSaysSameOrigin(request)) continue;
    const std::optional<std::string> origin = canonicalOrigin(param.value);
    const Source source = origin ? sourceOf(*origin, request, allowed_origins) : Source::kForeign;
    if (source == Source::kForeign) return true;
    listed = source == Source::kListed;
  }
  return std::any_of(request.params.begin(), request.params.end(), [listed](const Param& param) {
    return param.name == "HTTP_SEC_FETCH_SITE" && !param.value.empty() && param.value != "same-origin" &&
           param.value != "none" && !listed;
  });
}

}  // namespace sessiond
