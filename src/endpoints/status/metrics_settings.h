// What can be set about the metrics endpoint: the options of `metrics`.

#pragma once

namespace sessiond {

struct MetricsSettings {
  bool enabled = true;
};

}  // namespace sessiond
