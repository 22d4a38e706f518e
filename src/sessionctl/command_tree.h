// The command tree: names, options and help of all that sessionctl can be asked for. What each does stands in
// commands.h.

#pragma once

#include <CLI/App.hpp>

#include "sessionctl/commands.h"

namespace sessiond::ctl {

/// What a command line says, and what became of it.
struct CommandLine {
  CommonOptions common;
  DoctorOptions doctor;
  std::string linted = "/etc/nginx/nginx.conf";
  PrintOptions print;
  SessionOptions sessions;
  UserOptions user;
  ExplainOptions explained;
  std::string secret_file;
  ThrottleOptions throttle;
  int exit_code = 0;
};

/// `line` must outlive the application; its commands run when they are parsed.
void addCommands(CLI::App& app, CommandLine& line);

}  // namespace sessiond::ctl
