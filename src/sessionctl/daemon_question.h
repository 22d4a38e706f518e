// Asking the running daemon, over its control socket.

#pragma once

#include <string>

#include "os/control_socket.h"
#include "sessionctl/output.h"

namespace sessiond::ctl {

/// What the daemon says, or what kept it from saying anything.
struct DaemonAnswer : ControlAnswer {
  bool came = false;  ///< false: it has said nothing, and code and line are why: 69 it could not be asked, 77 not by
                      ///< this user, 76 it may have been asked and does not answer, 78 the file is not understood
                      ///< and so does not say where to ask: its mistakes follow
};

DaemonAnswer askTheDaemon(const CommonOptions& options, const std::string& word);

}  // namespace sessiond::ctl
