// The signed cookie value, exactly as express-session writes and reads it (npm `cookie-signature`).
//
//   encodeURIComponent("s:" + sid + "." + base64(HMAC-SHA256(secret, sid)))   with base64's padding stripped
//   s%3AuiNwd2kU2wS7YzP3.w9sqPuS2bcVkiOlBAAzEUtlVHSW1rRkhYNYrzPX2y1M
//
// Reading: percent-encoded or raw, as npm's `cookie` decodes: without a `%` the text stays, and text that
// decodeURIComponent refuses stays too. It is split at the last dot, because an id may hold dots. The signature must
// be the canonical text (standard alphabet, no padding, no stray bits); it is compared in constant time.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "base/expected.h"
#include "base/secret.h"
#include "session/check_status.h"
#include "session/session_id.h"

namespace sessiond {

struct VerifiedCookie {
  SessionId id;
  std::size_t secret;  ///< index of the secret that verified it; not 0: to be signed anew
};

/// Immutable and thread-safe; prepares its keys once.
class CookieSigner {
 public:
  /// The first secret signs, all verify. REQUIRES: at least one secret.
  explicit CookieSigner(std::span<const Secret> secrets);

  /// Longest value that can be valid: "s:", id, dot and signature with every byte percent-encoded.
  static constexpr std::size_t kMaxValueBytes = 3 * (2 + SessionId::kMaxBytes + 1 + 43);

  std::size_t secrets() const { return keys_.size(); }
  /// One HMAC a secret at most; allocates only for the id. The error is kMalformed (no "s:", no dot, an empty or
  /// overlong id) or kForged (no secret made this signature).
  Expected<VerifiedCookie, CheckStatus> verify(std::string_view cookie_value) const;
  /// The cookie's value in the form that is sent (percent-encoded).
  std::string sign(const SessionId& id) const;

 private:
  Expected<VerifiedCookie, CheckStatus> verifyDecoded(std::string_view text) const;

  std::vector<HmacKey> keys_;
};

}  // namespace sessiond
