// The rules that hold between options. What one option must look like by itself is checked when it is read.

#pragma once

#include <cstdint>

#include "config/config.h"
#include "config/config_report.h"

namespace sessiond {

/// Adds what it finds to the report, at the options' places. Says nothing about options that could not be read.
/// Pure: looks at no file.
void validate(const Config& config, ConfigReport& report);

/// Does the number of connections fit into the number of files that a process may have open? Pure.
void checkOpenFiles(const ListenSettings& listen, std::uint64_t limit, ConfigReport& report);

}  // namespace sessiond
