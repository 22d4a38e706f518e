#include "base/siphash.h"

#include <bit>
#include <cstring>
#include <string>

#include "base/random.h"

namespace sessiond {

namespace {

static_assert(std::endian::native == std::endian::little);

struct State {
  std::uint64_t v0;
  std::uint64_t v1;
  std::uint64_t v2;
  std::uint64_t v3;

  void rounds(int count) {
    for (; count > 0; --count) {
      v0 += v1;
      v1 = std::rotl(v1, 13) ^ v0;
      v0 = std::rotl(v0, 32);
      v2 += v3;
      v3 = std::rotl(v3, 16) ^ v2;
      v0 += v3;
      v3 = std::rotl(v3, 21) ^ v0;
      v2 += v1;
      v1 = std::rotl(v1, 17) ^ v2;
      v2 = std::rotl(v2, 32);
    }
  }
  void take(std::uint64_t word) {
    v3 ^= word;
    rounds(1);
    v0 ^= word;
  }
  std::uint64_t folded() const { return v0 ^ v1 ^ v2 ^ v3; }
};

SipHashKey newKey() {
  SipHashKey key;
  const std::string bytes = randomBytes(sizeof key);
  std::memcpy(&key, bytes.data(), sizeof key);
  return key;
}

}  // namespace

TextHash sipHash128(std::string_view bytes, const SipHashKey& key) {
  // The constants spell "somepseudorandomlygeneratedbytes"; 0xee marks the result of 128 bits.
  State state{.v0 = 0x736f6d6570736575 ^ key.first,
              .v1 = 0x646f72616e646f6d ^ key.second ^ 0xee,
              .v2 = 0x6c7967656e657261 ^ key.first,
              .v3 = 0x7465646279746573 ^ key.second};
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    state.take(word);
  }
  std::uint64_t last = static_cast<std::uint64_t>(bytes.size()) << 56;
  if (left > 0) {
    std::uint64_t tail = 0;
    std::memcpy(&tail, at, left);
    last |= tail;
  }
  state.take(last);
  state.v2 ^= 0xee;
  state.rounds(3);
  TextHash hash{.low = state.folded(), .high = 0};
  state.v1 ^= 0xdd;
  state.rounds(3);
  hash.high = state.folded();
  return hash;
}

TextHash textHash(std::string_view text) {
  static const SipHashKey key = newKey();
  TextHash hash = sipHash128(text, key);
  if (!hash) hash.low = 1;
  return hash;
}

}  // namespace sessiond
