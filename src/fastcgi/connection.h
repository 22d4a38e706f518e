// Connection: one accepted connection from the web server, and who may touch it at the moment.
//
// It belongs to a lane for all its life: only the lane looks at it, times it and destroys it. While its request is on
// its way through a loader or worker, or gives way to checks (waiting_requests.h), it is lent, and the lane leaves it
// alone. From a loader the request comes back by mail. A worker writes the answer itself and gives the connection back
// with one atomic operation and no system call: what arrives on the socket later raises an event at the lane anyway
// (edge-triggered epoll). Only when an event was raised while it was lent must the lane be told to look again.
//
//   kLane ──lane hands the request on──▶ kLent ──event at the lane──▶ kLentAndEvent
//     ▲                                    │                              │
//     └──────── worker: compare-exchange ──┘       worker: Lane::giveBack ┘ (lane: back to kLane)

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "base/wiped_string.h"
#include "fastcgi/intrusive_list.h"

namespace sessiond {

class Lane;

enum class Owner : std::uint8_t { kLane, kLent, kLentAndEvent };

struct Connection {
  Connection(UniqueFd socket, Lane& home) : fd(std::move(socket)), lane(home) {}

  UniqueFd fd;
  Lane& lane;
  std::atomic<Owner> owner = Owner::kLane;

  // All below is touched by the lane only, and only while it is the owner.

  WipedString partial;           ///< a request that is not whole yet
  std::size_t needed = 0;        ///< bytes of it that must be there before another look is worth it
  std::uint16_t late_stdin = 0;  ///< id of an answered AUTHORIZER request whose empty STDIN may still come; 0: none
  bool idle = false;             ///< waits for its next request, in the lane's list of those
  bool lingering = false;        ///< refused and shut for writing; what still comes is thrown away
  std::size_t discarded = 0;     ///< bytes thrown away while lingering
  SteadyTime deadline{};         ///< while linked in one of the lane's timed lists
  ListLink<Connection> all;
  ListLink<Connection> timed;
};

}  // namespace sessiond
