// What is said of a name in the file that is no option's and no section's: which one was probably meant.

#pragma once

#include <string>

#include "config/config_report.h"
#include "yaml/yaml_tree.h"

namespace sessiond {

/// Reports a name that does not exist in the section (empty: at the top), with the name that was probably meant.
void reportUnknown(ConfigReport& report, YamlPlace place, const std::string& section, const std::string& name);
/// The same of a name with dots: `cookie.secure: always`. REQUIRES: it has one.
void reportDotted(ConfigReport& report, YamlPlace place, const std::string& section, const std::string& name);

}  // namespace sessiond
