// An Accept-Language header. Whatever comes in, one of the languages comes out, and what lies beyond the limits
// changes nothing.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "endpoints/pages/accept_language.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sessiond;
  static const std::vector<std::string> kAvailable = {"en", "de", "pt-BR", "zh-Hant"};
  const std::string header(reinterpret_cast<const char*>(data), size);
  const std::size_t chosen = chooseLanguage(header, kAvailable, 2);
  SESSIOND_CHECK(chosen < kAvailable.size());
  std::string more = header + ",";
  more.append(2 * kMaxAcceptLanguageBytes, 'x');
  if (header.size() < kMaxAcceptLanguageBytes) SESSIOND_CHECK(chooseLanguage(more, kAvailable, 2) == chosen);
  return 0;
}
