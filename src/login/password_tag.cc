#include "login/password_tag.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/crypto.h"
#include "base/secret.h"

namespace sessiond {
namespace {

std::string digitsOf(std::uint64_t tag) {
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(tag));
  return digits.data();
}

}  // namespace

/// The hash is the key: salted as it is, nobody can try passwords against the tag who does not have it.
std::uint64_t passwordTag(std::string_view login, std::string_view password_hash) {
  const HmacKey key{Secret(std::string(password_hash))};
  const Sha256Digest digest = key.sign(std::string("sessiond password tag 1 ").append(login));
  std::uint64_t tag = 0;
  for (std::size_t i = 0; i < sizeof tag; ++i) tag = tag << 8 | digest[i];
  return std::max<std::uint64_t>(tag, 1);
}

std::string htpasswdAuth(std::uint64_t tag) {
  return "htpasswd:" + digitsOf(tag);
}

std::string redisAuth(std::uint64_t tag) {
  return "redis:" + digitsOf(tag);
}

}  // namespace sessiond
