// The low-level SHA256_* functions are deprecated in OpenSSL 3, and used on purpose: they are the only ones that
// let a prepared state be copied without an allocation, and a check's budget is a few thousand instructions.

#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/crypto.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "base/encoding.h"

namespace sessiond {

bool constantTimeEqual(std::string_view left, std::string_view right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
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

std::string pseudonym(const HmacKey& key, std::string_view value) {
  return hexEncode(asBytes(key.sign(value)).substr(0, 6));
}

}  // namespace sessiond
