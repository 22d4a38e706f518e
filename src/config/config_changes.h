// What a reload cannot put in force.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/config.h"

namespace sessiond {

/// The options that only a restart changes, each with its value as it is written: all of `listen` but the time to
/// drain, and the control socket, because sockets and threads stand from the start. Holds none of the start's secrets,
/// which a reload may have been to be rid of.
using StartedWith = std::vector<std::pair<std::string, std::string>>;

/// Pure.
StartedWith startedWith(const Config& config);

/// Paths of those that are not what the process was started with: they wait for a restart. Pure.
std::vector<std::string> changesNeedingRestart(const StartedWith& started, const Config& config);

/// Paths of the options that name one of systemd's credentials (`credential:NAME`), parted by commas; empty: none does.
/// Pure.
std::string optionsWithCredentials(const Config& config);

}  // namespace sessiond
