// What of the FastCGI server can be set, translated by the daemon from the configuration's `listen` section.

#pragma once

#include <chrono>
#include <cstddef>

namespace sessiond {

struct ServerOptions {
  std::size_t lanes = 0;    ///< 0: one for every two cores
  std::size_t loaders = 0;  ///< 0: as many as lanes
  std::size_t workers = 4;
  std::size_t max_connections = 8192;               ///< beyond it, new ones wait in the listening socket's backlog
  std::size_t load_queue = 8192;                    ///< checks waiting for a loader; beyond it 503
  std::size_t work_queue = 256;                     ///< requests waiting for a worker; beyond it 503
  std::chrono::milliseconds request_timeout{5000};  ///< from a request's first bytes to its last
  std::chrono::milliseconds write_timeout{5000};    ///< for an answer larger than a socket's buffer
};

}  // namespace sessiond
