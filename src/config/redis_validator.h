// What options of `redis` must be together: one server, sentinels or a cluster, and nothing else beside it.

#pragma once

#include "config/config.h"
#include "config/config_report.h"

namespace sessiond {

void checkRedis(const Config& config, ConfigReport& report);

}  // namespace sessiond
