// Which program a browser says it is, coarse enough to be kept and shown: "Firefox" and "Linux" of
// "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0".
//
// Only families and systems from a list of our own come out, so nothing that a client sends is ever shown.

#pragma once

#include <string_view>

namespace sessiond {

/// A plain value of literals; empty: unknown.
struct ProgramName {
  std::string_view family;
  std::string_view system;
};

/// The first 256 bytes are looked at.
ProgramName programNameOf(std::string_view user_agent);

}  // namespace sessiond
