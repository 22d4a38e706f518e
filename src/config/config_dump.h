// The effective configuration as YAML, for `sessiond -T`: every option, in the reference's order and shape.

#pragma once

#include <string>

#include "config/config.h"

namespace sessiond {

/// A complete file that is read again to the same configuration. Secrets appear as the names of their files only.
std::string dumpConfig(const Config& config);

}  // namespace sessiond
