// First byte: what the rest is. '?': a cookie's value as it comes from a client. Else: an id that is signed, must come
// back, and must not come back when one byte of the signed value (which one, the first byte says) is another one.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/encoding.h"
#include "session/signed_cookie.h"

namespace sessiond {
namespace {

const CookieSigner& signer() {
  static const std::array<Secret, 2> secrets = {Secret(std::string("keyboard cat")), Secret(std::string("older"))};
  static const CookieSigner instance(secrets);
  return instance;
}

void verifyForeign(std::string_view value) {
  const Expected<VerifiedCookie, CheckStatus> verified = signer().verify(value);
  if (!verified) return;
  SESSIOND_CHECK(value.size() <= CookieSigner::kMaxValueBytes);
  SESSIOND_CHECK(!verified->id.bytes().empty() && verified->id.bytes().size() <= SessionId::kMaxBytes);
  SESSIOND_CHECK(signer().verify(signer().sign(verified->id))->id == verified->id);
}

void verifyOwn(std::uint8_t choice, std::string_view bytes) {
  const std::optional<SessionId> id = SessionId::fromBytes(bytes);
  if (!id) return;
  std::string value = signer().sign(*id);
  SESSIOND_CHECK(signer().verify(value)->id == *id);
  const std::string decoded = *percentDecode(value);
  value[choice % value.size()] = static_cast<char>(value[choice % value.size()] ^ (1 + choice % 7));
  const Expected<VerifiedCookie, CheckStatus> verified = signer().verify(value);
  // A hex digit may change its case, and a change elsewhere may happen to spell the same characters.
  SESSIOND_CHECK(!verified || percentDecode(value) == decoded);
}

}  // namespace
}  // namespace sessiond

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == '?') {
    sessiond::verifyForeign(rest);
  } else {
    sessiond::verifyOwn(data[0], rest);
  }
  return 0;
}
