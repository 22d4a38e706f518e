// Names that no application may give a top-level member of a session through sessiond.

#pragma once

#include <string_view>

namespace sessiond {

/// True for `cookie` and `_sd`, which are not the application's; for express-session's own properties and methods
/// (id, req, touch, save, ...), which Session's constructor drops or which would hide a method; and for
/// Object.prototype's names.
bool isReservedName(std::string_view name);

}  // namespace sessiond
