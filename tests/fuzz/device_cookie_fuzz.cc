// First byte: what the rest is. '?': a cookie's value as it comes from a client. Else: a user's name; the cookie that
// is made for it must be that user's, and must be nobody's when one of its characters (which one, the first byte says)
// is another one.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/encoding.h"
#include "login/device_cookie.h"

namespace sessiond {
namespace {

const DeviceCookies& cookies() {
  static const SystemClock clock;
  static const std::array<Secret, 2> secrets = {Secret(std::string("keyboard cat")), Secret(std::string("older"))};
  static const DeviceCookies instance(secrets, clock);
  return instance;
}

std::optional<std::string> deviceOf(std::string_view user, std::string_view value) {
  const std::array<std::string_view, 1> values = {value};
  return cookies().deviceOf(user, values);
}

void readForeign(std::string_view value) {
  // Nobody but us has signed anything.
  SESSIOND_CHECK(!deviceOf("ada", value));
}

void readOwn(std::uint8_t choice, std::string_view user) {
  std::string value = cookies().issue(user, "");
  const std::optional<std::string> device = deviceOf(user, value);
  SESSIOND_CHECK(device.has_value());
  SESSIOND_CHECK(deviceOf(user, cookies().issue(user, *device)) == device);
  SESSIOND_CHECK(!deviceOf(std::string(user) + "x", value));
  const std::optional<std::string> bytes = base64UrlDecode(value);
  value[choice % value.size()] = static_cast<char>(value[choice % value.size()] ^ (1 + choice % 7));
  // The last character has bits that mean nothing.
  SESSIOND_CHECK(!deviceOf(user, value) || base64UrlDecode(value) == bytes);
}

}  // namespace
}  // namespace sessiond

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == '?') {
    sessiond::readForeign(rest);
  } else {
    sessiond::readOwn(data[0], rest);
  }
  return 0;
}
