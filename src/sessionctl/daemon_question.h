// Asking the running daemon, over its control socket.

#pragma once

#include <string>

#include "os/control_socket.h"
#include "sessionctl/output.h"

namespace sessiond::ctl {

/// Whatever it says, or what kept it from being asked: 69 when nobody is there.
ControlAnswer askTheDaemon(const CommonOptions& options, const std::string& word);

}  // namespace sessiond::ctl
