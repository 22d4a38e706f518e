// SessionId: the bytes that name a session, in the signed cookie and (with a prefix) in the Redis key.
//
// On reading it is opaque: whatever Express signed is taken, 1 to 256 bytes of any value. Ours are 24 random bytes
// as base64url, 32 characters: "pE3dI7x0m2o9tQh4Jv1cYw5uRb8sKz6A".

#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sessiond {

/// A strong type for a trust boundary: only verified cookies and our own generator make one. Immutable.
class SessionId {
 public:
  static constexpr std::size_t kMaxBytes = 256;

  /// nullopt when empty or longer than kMaxBytes.
  static std::optional<SessionId> fromBytes(std::string_view bytes);
  /// A fresh random id.
  static SessionId generate();

  const std::string& bytes() const { return bytes_; }
  auto operator<=>(const SessionId&) const = default;  // NOLINT(modernize-use-nullptr): clang 14 sees a 0 in it

 private:
  explicit SessionId(std::string bytes) : bytes_(std::move(bytes)) {}
  std::string bytes_;
};

}  // namespace sessiond
