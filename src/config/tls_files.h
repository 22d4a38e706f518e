// Reads the files that redis.tls names, and makes of them what connections need.

#pragma once

#include "config/config_report.h"
#include "config/secret_file.h"
#include "redis/redis_settings.h"

namespace sessiond {

/// Fills in tls.context where redis.url asks for TLS; where it does not, options for TLS are errors.
void readRedisTls(RedisSettings& redis, const FileLocations& locations, ConfigReport& report);

}  // namespace sessiond
