// IdentityValue: how a value of the session becomes the value of an identity header (facts_extractor.h says which
// values pass).

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "json/json_tree.h"

namespace sessiond {

enum class IdentityEncoding {
  kUtf8,
  kPercent,    ///< each element of an array by itself, so that the separator stays recognisable
  kBase64Url,  ///< the whole value
};

/// The header's value; empty for null; nullopt when the value may not pass. What HTTP strips from both ends of a
/// header value (spaces) is stripped here, so that "empty" means the same to sessiond and to the application.
std::optional<std::string> renderIdentityValue(JsonValue value, std::string_view join, IdentityEncoding encode);

}  // namespace sessiond
