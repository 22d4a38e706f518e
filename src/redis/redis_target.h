// Which Redis a configuration means: what is remembered of one must not be told to another after a reload.

#pragma once

#include <string>

#include "redis/redis_settings.h"

namespace sessiond {

/// The same for all settings that lead to the same servers and database by the same names; user, password, TLS and
/// patience do not matter, nor does the order of nodes. Pure. Two names of one server are two.
/// REQUIRES: the settings are valid.
std::string targetOf(const RedisSettings& settings);

}  // namespace sessiond
