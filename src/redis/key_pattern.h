// A pattern for keys, as SCAN's MATCH and an ACL user's ~ take it: whatever begins so. Only * ? [ and \ mean something
// in it, and ] ^ - between brackets.

#pragma once

#include <string>
#include <string_view>

namespace sessiond {

/// Pure. "s[1]:" -> "s\[1]:*"
std::string keyPattern(std::string_view prefix);

}  // namespace sessiond
