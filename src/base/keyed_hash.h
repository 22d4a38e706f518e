// A fast hash for in-process tables whose keys come from outside. Keyed with random bytes at start, so that nobody
// can choose keys that collide; not for anything that leaves the process.
//
// Each 8 bytes are folded in with one 64x64→128 bit multiplication (the construction of wyhash and of Java's and
// Go's runtime tables: multiply, then xor both halves).

#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace sessiond {

struct HashKey {
  std::uint64_t first;
  std::uint64_t second;
};

/// This process's key, made at the first call. Thread-safe.
const HashKey& processHashKey();

inline std::uint64_t foldMultiply(std::uint64_t left, std::uint64_t right) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(left) * right;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline std::uint64_t keyedHash(std::string_view bytes, const HashKey& key) {
  std::uint64_t state = key.first ^ bytes.size();
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    state = foldMultiply(state ^ word, key.second);
  }
  std::uint64_t tail = 0;
  std::memcpy(&tail, at, left);
  // An odd constant, so that no key can be a multiplier that leaves the low bits alone.
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
  return foldMultiply(foldMultiply(state ^ tail, key.second | 1), kOdd);
}

/// For std::unordered_map<std::string_view, ...>.
struct KeyedHash {
  std::size_t operator()(std::string_view bytes) const { return keyedHash(bytes, processHashKey()); }
};

}  // namespace sessiond
