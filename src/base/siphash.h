// SipHash-1-3 with a result of 128 bits (Aumasson and Bernstein, 2012), keyed with random bytes at the start of the
// process: for knowing a text again without keeping it. Whoever writes the texts cannot make two of them alike without
// the key, and by chance nobody will. No result by that key leaves the process, so nobody has one to work on; that is
// where the paper's 2-4, at twice the cost, has more to offer.
//
// OpenSSL has it too (EVP_MAC), at several times the cost for a text of a few hundred bytes, which is what a session
// is.

#pragma once

#include <cstdint>
#include <string_view>

namespace sessiond {

/// Stands for a text. All zero: for none.
struct TextHash {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  bool operator==(const TextHash&) const = default;
  explicit operator bool() const { return (low | high) != 0; }
};

struct SipHashKey {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

/// Pure. Bytes in the order of the paper: `low` holds the first eight of the result, little-endian, as the key does.
TextHash sipHash128(std::string_view bytes, const SipHashKey& key);

/// By this process's key, which is made at the first call. Never all zero. Thread-safe.
TextHash textHash(std::string_view text);

}  // namespace sessiond
