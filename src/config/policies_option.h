// `policies`: a map of policy names to their rules. The policy `default` exists always: where the option is given
// without it, readConfigFile() puts it first.

#pragma once

#include <string>

#include "config/config.h"
#include "config/option_value.h"

namespace sessiond {

void readPolicies(const OptionValue& value, Config& config);
/// Lines for behind `policies:`.
std::string writePolicies(const Config& config);
std::string schemaOfPolicies();

}  // namespace sessiond
