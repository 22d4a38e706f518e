// Writing JSON text.

#pragma once

#include <string>
#include <string_view>

#include "json/json_tree.h"

namespace sessiond {

/// Appends a JSON string as JSON.stringify writes it: `"` and `\` escaped, \b \f \n \r \t short, other control
/// characters as \u00xx, all else as it is. REQUIRES: valid UTF-8 (what is not becomes U+FFFD).
void appendJsonString(std::string& out, std::string_view text);

/// Appends a value without white space between its tokens; numbers keep their text, strings are written as above.
void appendCompactJson(std::string& out, JsonValue value);

}  // namespace sessiond
