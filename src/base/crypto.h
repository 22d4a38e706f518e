// Keyed and plain hashing and comparison in constant time; beside TLS (redis/tls_*) this room alone includes OpenSSL.

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace sessiond {

using Sha256Digest = std::array<unsigned char, 32>;

/// Equal bytes? Takes the same time for any two inputs of one length; lengths are not secret.
bool constantTimeEqual(std::string_view left, std::string_view right);

/// SHA-256 (FIPS 180-4).
Sha256Digest sha256(std::string_view bytes);

/// HMAC-SHA256 (RFC 2104) with a key that is prepared once: both padded key blocks are hashed at construction,
/// so that a short message costs two compressions. Thread-safe: sign() works on a copy of the prepared state.
class HmacKey {
 public:
  /// The key's bytes are not kept, only the prepared states; they are wiped at the end.
  explicit HmacKey(const Secret& key);
  HmacKey(HmacKey&&) noexcept;
  HmacKey& operator=(HmacKey&&) noexcept;
  ~HmacKey();

  Sha256Digest sign(std::string_view message) const;

 private:
  struct Prepared;
  std::unique_ptr<const Prepared> prepared_;
};

/// A key for one purpose, made of a secret that serves several: what it signs counts for no other.
HmacKey deriveKey(const Secret& secret, std::string_view purpose);

/// A short keyed hash by which logs name a session, user or address without revealing it: 12 hex digits of
/// HMAC-SHA256. Equal inputs give equal names while the key (one a deployment) stays.
std::string pseudonym(const HmacKey& key, std::string_view value);

/// The digest's bytes as a view, for encoding.
inline std::string_view asBytes(const Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace sessiond
