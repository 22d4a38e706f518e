// What is to be done about Redis where nothing that redis-cli says there does it.

#pragma once

#include <string>

#include "sessionctl/doctor/installation.h"

namespace sessiond::ctl {

/// In sessiond.yaml, and put in force.
std::string setting(const Installation& installation, const std::string& line);

/// Against what a message of RedisClient's says of a connection that could not be made; "": it tells no cause.
std::string connectionRemedy(const Installation& installation, const std::string& message);

}  // namespace sessiond::ctl
