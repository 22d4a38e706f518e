// The daemon's life: start, serve, reload, drain, stop.

#pragma once

#include <string>

namespace sessiond {

/// Runs until a signal ends it; the process's exit code (sysexits.h). REQUIRES: called once, before there are threads.
///
/// SIGTERM and SIGINT drain: requests in flight finish, within listen.drain_timeout. SIGHUP loads `config_file` anew:
/// a good one is put in force at once, a bad one is reported and the old one stays; asked over the control socket, the
/// daemon does the same and answers with what became of it. SIGUSR1 opens the log file anew.
int runDaemon(const std::string& config_file);

}  // namespace sessiond
