// A new password hash, for an administrator who gives somebody a password.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sessiond {

/// Of the kind and cost that `like` has, with a salt of its own. nullopt: the password is not possible
/// (isPossiblePassword), or the library refused. Takes as long as a verification. REQUIRES: `like` is usable.
std::optional<std::string> newPasswordHash(std::string_view like, std::string_view password);

}  // namespace sessiond
