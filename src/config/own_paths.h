// What sessiond makes and writes (its sockets, its log) is no other file that it uses.
//
// A log that is a secret's file would be appended to it, and a socket that is another one keeps that from its place:
// the daemon would start with it once, or not at all, and say something else. Where two options lead to one file, by
// the same words or by a link, it is an error that names both.

#pragma once

#include <string>

#include "config/config.h"
#include "config/config_report.h"
#include "config/secret_file.h"

namespace sessiond {

/// `config_file` is where the configuration was read from. REQUIRES: the names of files in it are settled. Looks at
/// files, and opens none.
void checkOwnPaths(const Config& config, const std::string& config_file, const FileLocations& locations,
                   ConfigReport& report);

}  // namespace sessiond
