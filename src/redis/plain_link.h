// PlainLink: a socket as it is.

#pragma once

#include "redis/link.h"

namespace sessiond {

/// Not thread-safe.
class PlainLink final : public Link {
 public:
  /// Takes a connected stream socket in blocking mode.
  explicit PlainLink(UniqueFd socket) : Link(std::move(socket)) {}

  State handshake() override { return State::kDone; }
  Progress read(std::span<char> into, Patience patience) override;
  Progress write(std::string_view bytes) override;
  bool holdsMore() const override { return false; }
};

}  // namespace sessiond
