// `identity`: a map of header names to what each carries. Giving the option replaces the defaults as a whole.

#pragma once

#include <string>

#include "config/config.h"
#include "config/option_value.h"

namespace sessiond {

void readIdentity(const OptionValue& value, Config& config);
/// Lines for behind `identity:`.
std::string writeIdentity(const Config& config);
std::string schemaOfIdentity();

}  // namespace sessiond
