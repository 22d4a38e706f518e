// The low-level SHA256_* functions are deprecated in OpenSSL 3, and used on purpose: they are the only ones that
// let a prepared state be copied without an allocation, and a check's budget is a few thousand instructions.

#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/crypto.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/encoding.h"

namespace sessiond {

/// OpenSSL's CRYPTO_memcmp goes byte by byte, seven instructions each; every check compares a cookie of ninety bytes.
bool constantTimeEqual(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return false;
  std::uint64_t difference = 0;
  std::size_t at = 0;
  const auto fold = [&](std::size_t size) {
    std::uint64_t one = 0;
    std::uint64_t other = 0;
    std::memcpy(&one, left.data() + at, size);
    std::memcpy(&other, right.data() + at, size);
    difference |= one ^ other;
    // The compiler must not see that a difference, once found, decides.
    __asm__("" : "+r"(difference));
    at += size;
  };
  while (left.size() - at >= sizeof(std::uint64_t)) fold(sizeof(std::uint64_t));
  while (at < left.size()) fold(1);
  return difference == 0;
}

Sha256Digest sha256(std::string_view bytes) {
  Sha256Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return digest;
}

struct HmacKey::Prepared {
  SHA256_CTX inner;
  SHA256_CTX outer;
  ~Prepared() {
    OPENSSL_cleanse(&inner, sizeof inner);
    OPENSSL_cleanse(&outer, sizeof outer);
  }
};

HmacKey::HmacKey(const Secret& key) {
  constexpr std::size_t kBlock = SHA256_CBLOCK;
  std::array<unsigned char, kBlock> block{};
  const std::string_view bytes = key.reveal();
  if (bytes.size() > kBlock) {
    const Sha256Digest digest = sha256(bytes);
    std::copy(digest.begin(), digest.end(), block.begin());
  } else {
    std::copy(bytes.begin(), bytes.end(), block.begin());
  }
  auto prepared = std::make_unique<Prepared>();
  for (unsigned char& byte : block) byte ^= 0x36;
  SHA256_Init(&prepared->inner);
  SHA256_Update(&prepared->inner, block.data(), block.size());
  for (unsigned char& byte : block) byte ^= 0x36 ^ 0x5c;
  SHA256_Init(&prepared->outer);
  SHA256_Update(&prepared->outer, block.data(), block.size());
  OPENSSL_cleanse(block.data(), block.size());
  prepared_ = std::move(prepared);
}

HmacKey::HmacKey(HmacKey&&) noexcept = default;
HmacKey& HmacKey::operator=(HmacKey&&) noexcept = default;
HmacKey::~HmacKey() = default;

Sha256Digest HmacKey::sign(std::string_view message) const {
  Sha256Digest digest;
  SHA256_CTX inner = prepared_->inner;
  SHA256_Update(&inner, message.data(), message.size());
  SHA256_Final(digest.data(), &inner);
  SHA256_CTX outer = prepared_->outer;
  SHA256_Update(&outer, digest.data(), digest.size());
  SHA256_Final(digest.data(), &outer);
  return digest;
}

HmacKey deriveKey(const Secret& secret, std::string_view purpose) {
  return HmacKey(Secret(std::string(asBytes(HmacKey(secret).sign(purpose)))));
}

std::string pseudonym(const HmacKey& key, std::string_view value) {
  return hexEncode(asBytes(key.sign(value)).substr(0, 6));
}

}  // namespace sessiond
