#include "http/cookie_header.h"

#include "base/ascii.h"

namespace sessiond {
namespace {

std::string_view unquote(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
  return text;
}

/// Calls `take` with each value in one header line until it says no; false when it did.
template <typename Take>
bool forEachValue(std::string_view line, std::string_view name, const Take& take) {
  while (!line.empty()) {
    const std::size_t end = line.find(';');
    const std::string_view pair = line.substr(0, end);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && trimBlanks(pair.substr(0, equals)) == name &&
        !take(unquote(trimBlanks(pair.substr(equals + 1)))))
      return false;
    if (end == std::string_view::npos) break;
    line.remove_prefix(end + 1);
  }
  return true;
}

}  // namespace

CookieValues findCookies(std::span<const Param> params, std::string_view name) {
  CookieValues found;
  std::size_t left = kMaxCookieHeaderBytes;
  for (const Param& param : params) {
    if (param.name != "HTTP_COOKIE") continue;
    if (param.value.size() > left) {
      found.too_large = true;
      break;
    }
    left -= param.value.size();
    const auto take = [&found](std::string_view value) {
      if (found.values.size() == kMaxCookieValues) return false;
      found.values.emplace_back(value);
      return true;
    };
    if (!forEachValue(param.value, name, take)) {
      found.too_many = true;
      break;
    }
  }
  return found;
}

std::vector<std::string_view> findAllCookies(std::span<const Param> params, std::string_view name) {
  std::vector<std::string_view> found;
  const auto take = [&found](std::string_view value) {
    found.push_back(value);
    return true;
  };
  for (const Param& param : params)
    if (param.name == "HTTP_COOKIE") forEachValue(param.value, name, take);
  return found;
}

}  // namespace sessiond
