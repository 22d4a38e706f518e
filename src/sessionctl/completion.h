// What shells complete of sessionctl's command line, made from the command tree itself.

#pragma once

#include <CLI/App.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace sessiond::ctl {

/// The file for bash, zsh or fish; nullopt for another shell.
std::optional<std::string> completionFor(const CLI::App& app, std::string_view shell);

/// False: it is a flag.
bool takesValue(const CLI::Option& option);

}  // namespace sessiond::ctl
