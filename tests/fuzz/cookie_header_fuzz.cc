// The input's lines are HTTP_COOKIE parameters. What is found must be what npm's `cookie` would find if it did not
// stop at the first of several: its loop, written down here once more, with its jump back to the last semicolon.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "http/cookie_header.h"

namespace {

using sessiond::Param;

constexpr std::string_view kName = "sid";

bool isBlank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view slice(std::string_view text, std::size_t begin, std::size_t end) {
  while (begin < end && isBlank(text[begin])) ++begin;
  while (end > begin && isBlank(text[end - 1])) --end;
  return text.substr(begin, end - begin);
}

void collectAsNpmDoes(std::string_view text, std::vector<std::string_view>& values) {
  std::size_t index = 0;
  while (index < text.size()) {
    const std::size_t equals = text.find('=', index);
    if (equals == std::string_view::npos) return;
    std::size_t end = text.find(';', index);
    if (end == std::string_view::npos) end = text.size();
    if (equals > end) {
      index = text.rfind(';', equals - 1) + 1;
      continue;
    }
    if (slice(text, index, equals) == kName) {
      std::string_view value = slice(text, equals + 1, end);
      if (value.size() > 1 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
      values.push_back(value);
    }
    index = end + 1;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  std::vector<Param> params = {{"HTTP_COOKIES", "sid=other"}};
  std::vector<std::string_view> expected;
  std::size_t bytes = 0;
  for (bool last = false; !last;) {
    const std::size_t end = input.find('\n');
    last = end == std::string_view::npos;
    const std::string_view line = input.substr(0, end);
    params.push_back({"HTTP_COOKIE", line});
    collectAsNpmDoes(line, expected);
    bytes += line.size();
    if (!last) input.remove_prefix(end + 1);
  }
  const sessiond::CookieValues found = sessiond::findCookies(params, kName);
  SESSIOND_CHECK(found.values.size() <= expected.size());
  SESSIOND_CHECK(std::equal(found.values.begin(), found.values.end(), expected.begin()));
  SESSIOND_CHECK(found.too_large || found.too_many || found.values.size() == expected.size());
  SESSIOND_CHECK(!found.too_large || bytes > sessiond::kMaxCookieHeaderBytes);
  SESSIOND_CHECK(!found.too_many || found.values.size() == sessiond::kMaxCookieValues);
  SESSIOND_CHECK(!found.too_many || expected.size() > found.values.size());
  return 0;
}
