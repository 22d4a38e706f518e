// Random bytes for session ids, tokens and jitter; OpenSSL's generator (RAND_bytes).

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace sessiond {

/// `count` cryptographically random bytes. A generator that fails is a broken machine and aborts.
std::string randomBytes(std::size_t count);

/// Uniform enough for jitter (modulo bias below 2^-32): a number in [0, bound). REQUIRES: bound > 0.
std::uint32_t randomBelow(std::uint32_t bound);

}  // namespace sessiond
