// How a value of the session becomes the value of an identity header: exactly as it stands, or not at all.
//
// Whatever was altered on the way, a space at its end taken off or a control character removed, would make two users
// one. So nothing is: a value that cannot be sent as it stands is *lost*. That is one with control characters (C0, DEL,
// C1), with a space at one of its ends (HTTP strips it), or an object; encoding (percent, base64url) is the way out. A
// list whose entries could not be told apart again, because one holds the separator, is lost in UTF-8 and base64url.

#pragma once

#include <optional>
#include <string>

#include "json/json_tree.h"
#include "session/identity_header.h"

namespace sessiond {

/// Strings, numbers (their text), true and false; the entries of a list of those joined, a null in it as an empty one;
/// everything else as compact JSON, if it is encoded. Empty for null and the empty list. nullopt: lost.
std::optional<std::string> renderIdentityValue(JsonValue value, const IdentityHeader& header);

}  // namespace sessiond
