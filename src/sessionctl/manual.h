// sessionctl(1), made from the command tree itself: what `--help` says, command after command.

#pragma once

#include <CLI/App.hpp>

#include <string>

namespace sessiond::ctl {

/// In the language of man(7).
std::string manualOf(const CLI::App& app);

}  // namespace sessiond::ctl
