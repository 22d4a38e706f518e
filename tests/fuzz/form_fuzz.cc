// Whatever the body: the parser neither crashes nor lets through text that is not UTF-8, NUL or too many fields.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/encoding.h"
#include "http/form.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sessiond;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto fields = parseForm(text);
  if (!fields) return 0;
  SESSIOND_CHECK(parseQuery(text) == fields);
  SESSIOND_CHECK(fields->size() <= kMaxFormFields);
  for (const auto& [name, value] : *fields) {
    SESSIOND_CHECK(!name.empty() && isValidUtf8(name) && isValidUtf8(value));
    SESSIOND_CHECK((name + value).find('\0') == std::string::npos);
    SESSIOND_CHECK(formField(*fields, name).has_value() != isRepeated(*fields, name));
  }
  return 0;
}
