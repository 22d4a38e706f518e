// DerivedKeys: what a site signs for itself (tokens, tickets, device cookies): for each of its secrets a key for one
// purpose. The first signs, all verify, so that what is out is good while a secret is being changed.

#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "base/secret.h"

namespace sessiond {

/// Immutable and thread-safe.
class DerivedKeys {
 public:
  /// REQUIRES: at least one secret.
  DerivedKeys(std::span<const Secret> secrets, std::string_view purpose);

  Sha256Digest sign(std::string_view message) const { return keys_.front().sign(message); }
  /// Did one of the keys sign this? Takes the same time for each.
  bool verifies(std::string_view message, std::string_view signature) const;

 private:
  std::vector<HmacKey> keys_;
};

}  // namespace sessiond
