// What can be set about the FastCGI server: the options of `listen`.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace sessiond {

/// The socket, where systemd passes none.
struct SocketSettings {
  std::string socket = "/run/sessiond/sessiond.sock";  ///< unix path (begins with `/`) or host:port, [address]:port
  std::uint32_t mode = 0660;                           ///< of a unix socket
  std::string group = {};                              ///< of a unix socket; empty: left as it is
  std::uint32_t backlog = 1024;
};

/// How the work is spread over threads, and how patient they are.
struct ServerSettings {
  std::size_t lanes = 0;  ///< 0: one for every two cores
  std::size_t workers = 4;
  std::size_t password_workers = 0;    ///< 0: one for every core but one, at most 8
  std::size_t max_connections = 8192;  ///< beyond it, new ones wait in the listening socket's backlog
  std::size_t load_queue = 8192;       ///< no option: checks waiting for Redis, on each lane; beyond it 503
  std::size_t work_queue = 256;        ///< no option: requests waiting for a worker; beyond it 503
  std::size_t password_queue = 0;      ///< no option: for a password worker; 0: four for each of them
  std::chrono::milliseconds request_timeout{5000};  ///< from a request's first bytes to its last
  std::chrono::milliseconds write_timeout{5000};    ///< no option: for an answer larger than a socket's buffer
};

struct ListenSettings : SocketSettings, ServerSettings {
  std::chrono::milliseconds drain_timeout{10000};  ///< SIGTERM: requests in flight get this long
};

}  // namespace sessiond
