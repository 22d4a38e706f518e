// Names that come twice in one JSON object. RFC 8259 §4 leaves open which one counts, and parsers disagree: whoever
// decides by one and passes on the other has decided about something else.

#pragma once

#include <optional>

#include "json/json_pointer.h"
#include "json/json_tree.h"

namespace sessiond {

/// In the value itself or in anything below it.
bool hasDuplicateNames(JsonValue value);

/// follow() to a value that is read whole: `ambiguous` is set to true for names that repeat in there as well.
std::optional<JsonValue> followWhole(JsonValue root, const JsonPointer& pointer, bool& ambiguous);

}  // namespace sessiond
