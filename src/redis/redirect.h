// What a node of a cluster answers where it has not, or not yet, what it was asked for.
//
//   MOVED 3999 127.0.0.1:6381     the slot is another node's
//   ASK 3999 127.0.0.1:6381       the slot is on its way to another node, and this key may be there already
//   TRYAGAIN ...                  in a moment
//
// A host that is missing is the host of the node that answered; an IPv6 address stands there without brackets.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "redis/hash_slot.h"
#include "redis/redis_address.h"
#include "redis/redis_reply.h"

namespace sessiond {

/// How often one command is led on before nobody can tell where its key is.
inline constexpr int kMostRedirects = 4;
/// Before a command is sent again that shall be.
inline constexpr std::chrono::milliseconds kTryAgainAfter{20};

/// A plain value.
struct Redirect {
  enum class Kind : std::uint8_t { kMoved, kAsk, kTryAgain };

  Kind kind = Kind::kTryAgain;
  Slot slot = 0;
  RedisAddress address;  ///< an empty host is that of the node that was asked
};

/// Nothing: it is no such answer, or names no address.
std::optional<Redirect> redirectIn(const RedisReply& reply);

/// Does the node say that the slot, or the cluster, is served by nobody?
inline bool isServedByNobody(const RedisReply& reply) {
  return reply.type == RedisReply::Type::kError && reply.text.starts_with("CLUSTERDOWN");
}

/// Can it be connected to, as a node's words go: a host that is a name or an address, or none, for where the node is
/// itself? What a server says is not believed to be an address before.
bool isPlace(const RedisAddress& address);

}  // namespace sessiond
