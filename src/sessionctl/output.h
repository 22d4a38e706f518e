// What sessionctl says: lines for people, or one JSON object a command for programs (--json).

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config_problem.h"
#include "os/control_socket.h"

namespace sessiond::ctl {

/// Of every command.
struct CommonOptions {
  std::string config_file = "/etc/sessiond/sessiond.yaml";
  bool json = false;
};

/// A JSON string.
std::string jsonString(std::string_view text);

/// `done` is said on a terminal only: a script wants the exit code. Gives the exit code back.
int sayProblems(const CommonOptions& options, bool good, const std::vector<ConfigProblem>& problems,
                const std::string& done);
/// Lines to stderr, unless they are what was asked for (`is_result`).
int sayAnswer(const CommonOptions& options, const ControlAnswer& answer, bool is_result, const std::string& done);

}  // namespace sessiond::ctl
