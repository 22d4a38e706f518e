// An address of the `cache` endpoint. Whatever comes in, a key that comes out is within its rules, and it is the key
// that its own percent-encoding leads to.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/encoding.h"
#include "endpoints/api/app_cache_key.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sessiond;
  const std::string_view uri(reinterpret_cast<const char*>(data), size);
  const auto key = appCacheKeyIn(uri, "/cache/");
  if (!key) {
    SESSIOND_CHECK(!key.error().empty() && key.error().find_first_of("\"\\") == std::string_view::npos);
    return 0;
  }
  SESSIOND_CHECK(!key->empty() && key->size() <= kMaxAppCacheKeyBytes && isValidUtf8(*key));
  SESSIOND_CHECK(std::all_of(key->begin(), key->end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte != 0x7f;
  }));
  const std::string fenced = "/" + *key + "/";
  SESSIOND_CHECK(fenced.find("/../") == std::string::npos && fenced.find("/./") == std::string::npos);
  const auto again = appCacheKeyIn("/cache/" + percentEncode(*key) + "?ttl=1", "/cache/");
  SESSIOND_CHECK(again.hasValue() && *again == *key);
  return 0;
}
