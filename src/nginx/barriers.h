// Barriers: what stands between everybody and a block: a check, also one that is not sessiond's, a password, a list of
// addresses.

#pragma once

#include "nginx/scope.h"

namespace sessiond::nginx {

/// Whose passwords and lists count: all that are in force, or those of locations alone, since the server's are in force
/// before what is protected as well: who gets past them is still to be checked. A check counts wherever it stands.
enum class Barriers { kAll, kOfLocations };

/// Is there any?
bool hasBarrier(const Scope& scope, Barriers counted);

}  // namespace sessiond::nginx
