// From the text of a configuration file to a Config and a report: everything but the files it names.

#pragma once

#include <string>
#include <string_view>

#include "config/config.h"
#include "config/config_report.h"

namespace sessiond {

struct ConfigDraft {
  Config config;  ///< to be used only when the report has no errors; secrets are still missing
  ConfigReport report;
};

/// Pure. `file` is what the report calls the text.
ConfigDraft readConfig(std::string_view text, const std::string& file);

}  // namespace sessiond
