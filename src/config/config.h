// Config: a whole configuration. Each room declares what can be set about it, with the defaults; here they stand
// together, under the names of the file's sections.
//
// conf/sessiond.yaml is the commented reference; a lint holds it against these structs. Reading and checking is done
// elsewhere (config_file.h).

#pragma once

#include "base/log.h"
#include "endpoints/site_settings.h"
#include "endpoints/status/metrics_settings.h"
#include "fastcgi/listen_settings.h"
#include "os/control_socket.h"
#include "redis/redis_settings.h"

namespace sessiond {

/// The section `sessiond`: what is its own, on this machine and in Redis.
struct SessiondSettings : ControlSettings, OwnKeySettings {};

/// Movable, not copyable (it holds secrets); immutable once read.
struct Config : SiteSettings {
  ListenSettings listen;
  RedisSettings redis;
  LogSettings log;
  MetricsSettings metrics;
  SessiondSettings sessiond;
};

}  // namespace sessiond
