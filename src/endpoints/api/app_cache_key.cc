#include "endpoints/api/app_cache_key.h"

#include <optional>
#include <utility>

#include "base/encoding.h"
#include "http/request.h"

namespace sessiond {
namespace {

bool hasDotSegment(std::string_view key) {
  for (;;) {
    const std::size_t slash = key.find('/');
    const std::string_view segment = key.substr(0, slash);
    if (segment == "." || segment == "..") return true;
    if (slash == std::string_view::npos) return false;
    key.remove_prefix(slash + 1);
  }
}

}  // namespace

Expected<std::string, std::string_view> appCacheKeyIn(std::string_view uri, std::string_view path) {
  using Reason = Unexpected<std::string_view>;
  const std::string_view target = pathOf(uri);
  if (!target.starts_with(path)) return Reason("the address does not begin with the path of this endpoint");
  const std::string_view encoded = target.substr(path.size());
  if (encoded.empty()) return Reason("the address names no key");
  if (encoded.size() > 3 * kMaxAppCacheKeyBytes) return Reason("the key is longer than 512 bytes");
  std::optional<std::string> key = percentDecode(encoded);
  if (!key) return Reason("a percent sign in the key must be followed by two hex digits");
  if (key->size() > kMaxAppCacheKeyBytes) return Reason("the key is longer than 512 bytes");
  if (!isValidUtf8(*key)) return Reason("the key is no UTF-8");
  if (hasControls(*key)) return Reason("the key has control characters");
  if (hasDotSegment(*key)) return Reason("no part of the key between slashes may be . or ..");
  return *std::move(key);
}

}  // namespace sessiond
