// An If-Match or If-None-Match field: what matches strongly matches weakly too, and a field never matches a tag that
// does not stand in it.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "http/entity_tag.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sessiond;
  const std::string_view field(reinterpret_cast<const char*>(data), size);
  for (const std::string_view tag : {R"("a")", R"("")", R"("Jd3kq0-_")"}) {
    const bool strongly = matchesStrongly(field, tag);
    const bool weakly = matchesWeakly(field, tag);
    SESSIOND_CHECK(!strongly || weakly);
    SESSIOND_CHECK(!weakly || field.find(tag) != std::string_view::npos || field.find('*') != std::string_view::npos);
  }
  return 0;
}
