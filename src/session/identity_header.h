// IdentityHeader: one header that tells an application who somebody is, and where in the session its value stands.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace sessiond {

enum class IdentityEncoding {
  kUtf8,
  kPercent,    ///< each entry of a list by itself, so that the separator stays recognisable
  kBase64Url,  ///< the whole value
};

/// What becomes of a request whose value for a header is lost: there, but not to be sent exactly as it stands.
enum class LostValue {
  kRefuse,  ///< 403: an application that gets no id, or not all roles, decides about somebody else
  kEmpty,   ///< the header is empty
};

/// A plain value.
struct IdentityHeader {
  std::string name;
  std::string from;  ///< JSON Pointer
  /// Between the entries of a list. Given, the header is one of lists, and a text that holds the separator would read
  /// as several entries; absent, it carries one value, and a list there is joined by commas nevertheless.
  std::optional<std::string> join = {};
  IdentityEncoding encode = IdentityEncoding::kUtf8;
  bool required = false;  ///< without a value: 403
  LostValue lost = LostValue::kEmpty;
};

/// Which of them are lost is a bit each.
inline constexpr std::size_t kMaxIdentityHeaders = 64;
using IdentityHeaderBits = std::uint64_t;

/// With the defaults that a header of this name has: X-User-Id is required, and it and X-User-Roles, a list, are
/// refused when they are lost; all others may be empty.
IdentityHeader identityHeader(std::string name, std::string from);

}  // namespace sessiond
