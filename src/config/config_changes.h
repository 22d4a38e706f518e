// What a reload cannot put in force.

#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace sessiond {

/// Paths of the options that differ and that only a restart changes: all of `listen` and the control socket, because
/// sockets and threads stand from the start. Pure.
std::vector<std::string> changesNeedingRestart(const Config& old_config, const Config& new_config);

/// Paths of the options that name one of systemd's credentials (`credential:NAME`), parted by commas; empty: none does.
/// Pure.
std::string optionsWithCredentials(const Config& config);

}  // namespace sessiond
