// How many cookies each session secret has verified: what says whether an old one is still needed.

#pragma once

#include <cstddef>
#include <string>

#include "base/metrics.h"

namespace sessiond {

/// Of the secret at this place in session.secret_files, since the process began.
inline Counter& secretHits(MetricsRegistry& metrics, std::size_t place) {
  return metrics.counter("sessiond_secret_hits_total",
                         "Cookies verified, by the secret's place in session.secret_files.",
                         {{"secret", std::to_string(place)}});
}

}  // namespace sessiond
