// Another program's answer: nginx's and systemd's, whom nobody can ask but by their own tools.

#pragma once

#include <optional>
#include <string>
#include <vector>

namespace sessiond::ctl {

struct CommandResult {
  int exit_code = 0;
  std::string output;
  std::string errors;
};

/// Found by PATH, and by where Debian has what only root needs; without a shell. Waits half a minute at most. Nothing:
/// it is not there.
std::optional<CommandResult> runCommand(const std::vector<std::string>& words);

}  // namespace sessiond::ctl
