// What an application sees of a session: its data, without `cookie` and `_sd`.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sessiond {

/// The session's JSON text without those two members; all others as they are written. nullopt when the text is no
/// JSON object.
std::optional<std::string> publicView(std::string_view session_json);

}  // namespace sessiond
