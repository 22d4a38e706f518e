#include "login/device_cookie.h"

#include "base/encoding.h"
#include "base/random.h"

namespace sessiond {
namespace {

constexpr std::string_view kPurpose = "sessiond device cookie 1";
constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kSignedBytes = kTimeBytes + kIdBytes;
constexpr std::size_t kBytes = kSignedBytes + sizeof(Sha256Digest);

/// What is signed: time and id, which have a fixed length, and the user's name.
std::string statement(std::string_view time_and_id, std::string_view user) {
  return std::string(time_and_id).append(user);
}

}  // namespace

DeviceCookies::DeviceCookies(std::span<const Secret> secrets, const Clock& clock)
    : keys_(secrets, kPurpose), clock_(clock) {}

std::optional<std::string> DeviceCookies::deviceOf(std::string_view user,
                                                   std::span<const std::string_view> values) const {
  const WallTime now = clock_.wallNow();
  for (const std::string_view value : values) {
    const std::optional<std::string> bytes = value.size() <= 2 * kBytes ? base64UrlDecode(value) : std::nullopt;
    if (!bytes || bytes->size() != kBytes) continue;
    const std::string_view time_and_id = std::string_view(*bytes).substr(0, kSignedBytes);
    const std::string_view signature = std::string_view(*bytes).substr(kSignedBytes);
    const bool genuine = keys_.verifies(statement(time_and_id, user), signature);
    const WallTime made = decodeTime(time_and_id.substr(0, kTimeBytes));
    // One from the future is as good: a clock that was set back must not lock anybody out.
    if (genuine && now - kLifetime < made) return std::string(time_and_id.substr(kTimeBytes));
  }
  return std::nullopt;
}

std::string DeviceCookies::issue(std::string_view user, std::string_view device) const {
  std::string bytes = encodeTime(clock_.wallNow());
  bytes += device.empty() ? randomBytes(kIdBytes) : std::string(device);
  return base64UrlEncode(bytes + std::string(asBytes(keys_.sign(statement(bytes, user)))));
}

}  // namespace sessiond
