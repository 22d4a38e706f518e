// How many files this process may have open: each connection is one.

#pragma once

#include <cstdint>

namespace sessiond {

/// The most it may ask for (the hard limit); without limit the largest number.
std::uint64_t openFilesLimit();

/// Asks for all of it: a shell gives far fewer at first.
void raiseOpenFiles();

}  // namespace sessiond
