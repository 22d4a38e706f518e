// A word of a command that somebody types, as a shell takes it.

#pragma once

#include <string>

namespace sessiond::ctl {

/// Pure. In quotes only where it needs them.
std::string quoted(const std::string& word);

}  // namespace sessiond::ctl
