#include "base/derived_keys.h"

#include "base/check.h"

namespace sessiond {

DerivedKeys::DerivedKeys(std::span<const Secret> secrets, std::string_view purpose) {
  SESSIOND_CHECK(!secrets.empty());
  for (const Secret& secret : secrets) keys_.push_back(deriveKey(secret, purpose));
}

bool DerivedKeys::verifies(std::string_view message, std::string_view signature) const {
  bool genuine = false;
  for (const HmacKey& key : keys_) genuine |= constantTimeEqual(signature, asBytes(key.sign(message)));
  return genuine;
}

}  // namespace sessiond
