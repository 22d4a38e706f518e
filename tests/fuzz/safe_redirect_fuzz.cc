// Whatever the address: one that is accepted stays on this host or an allowed one, also after a careless server has
// decoded it once more.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/encoding.h"
#include "http/safe_redirect.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sessiond;
  static const std::array<std::string, 1> kOrigins = {"https://app.example"};
  std::string_view address(reinterpret_cast<const char*>(data), size);
  if (!isSafeRedirect(address, kOrigins)) return 0;
  for (const char c : address) SESSIOND_CHECK(c > 0x20 && c < 0x7f && c != '\\');
  if (address.starts_with(kOrigins[0])) address.remove_prefix(kOrigins[0].size());
  if (address.empty()) return 0;
  const auto decoded = percentDecode(address.substr(0, address.find_first_of("?#")));
  SESSIOND_CHECK(decoded.has_value());
  for (const std::string_view path : {address, std::string_view(*decoded)})
    SESSIOND_CHECK(path.starts_with('/') && !path.starts_with("//") && !path.starts_with("/\\"));
  SESSIOND_CHECK((*decoded + '/').find("/../") == std::string::npos);
  SESSIOND_CHECK(std::none_of(decoded->begin(), decoded->end(), [](char c) { return c >= 0 && c < 0x20; }));
  return 0;
}
