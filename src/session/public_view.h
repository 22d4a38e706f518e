// What an application sees of a session: its data, as req.session has it.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sessiond {

/// The session's JSON text without `cookie`, `_sd` and what else has a reserved name (reserved_names.h); of several
/// members of one name the last. All others as they are written. nullopt when the text is no JSON object.
std::optional<std::string> publicView(std::string_view session_json);

}  // namespace sessiond
