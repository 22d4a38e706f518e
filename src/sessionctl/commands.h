// sessionctl's commands: each is given the options of all, does one thing, and gives back an exit code of sysexits.h.

#pragma once

#include <string>

#include "sessionctl/output.h"

namespace sessiond::ctl {

/// 0, or 78 with every problem: what the daemon would say at its start.
int check(const CommonOptions& options);
/// Asks the running daemon: 0 when the new configuration is in force, 78 when it is wrong, 69 when nobody is there.
int reload(const CommonOptions& options);
/// What the running daemon says of itself.
int status(const CommonOptions& options);
/// What is dangerous in an nginx configuration: `file` with what it includes, or the output of `nginx -T` ("-":
/// standard input). 1 when there is more than hints, 66 when it cannot be read.
int nginxLint(const CommonOptions& options, const std::string& file);

struct PrintOptions {
  std::string folder;   ///< to write them to; empty: standard output
  std::string shipped;  ///< the folder of the shipped ones; empty: beside this program
};
/// nginx's snippets for this configuration.
int nginxPrint(const CommonOptions& options, const PrintOptions& print);

}  // namespace sessiond::ctl
