#include "login/new_password_hash.h"

#include <argon2.h>
#include <crypt.h>

#include <array>
#include <cstring>
#include <memory>
#include <vector>

#include "base/check.h"
#include "base/parse.h"
#include "base/random.h"
#include "base/secret.h"
#include "login/password_hash.h"

namespace sessiond {
namespace {

constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kArgon2HashBytes = 32;

/// `like` without what stands between its second dollar and the end: "$2b$", "$6$", "$y$".
std::string kindOf(std::string_view cost) {
  return std::string(cost.substr(0, cost.find('$', 1) + 1));
}

std::optional<std::string> cryptHash(const std::string& cost, std::string_view password) {
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> usual{};
  const std::string random = randomBytes(kSaltBytes);
  if (crypt_gensalt_rn(kindOf(cost).c_str(), 0, random.data(), static_cast<int>(random.size()), usual.data(),
                       static_cast<int>(usual.size())) == nullptr) {
    return std::nullopt;
  }
  const std::string salted(usual.data());
  const std::string setting = cost + salted.substr(salted.rfind('$') + 1);
  std::string terminated(password);
  const auto scratch = std::make_unique<crypt_data>();
  const char* const computed = crypt_rn(terminated.c_str(), setting.c_str(), scratch.get(), sizeof(crypt_data));
  std::optional<std::string> hash;
  if (computed != nullptr) hash = computed;
  wipeString(terminated);
  explicit_bzero(scratch.get(), sizeof(crypt_data));
  return hash;
}

/// The number behind `name`.
std::uint32_t numberIn(std::string_view cost, std::string_view name) {
  std::string_view text = cost.substr(cost.find(name) + name.size());
  text = text.substr(0, text.find_first_of(",$"));
  const auto number = parseInteger<std::uint32_t>(text);
  SESSIOND_CHECK(number.has_value());
  return *number;
}

std::optional<std::string> argon2idHash(std::string_view cost, std::string_view password) {
  const std::string salt = randomBytes(kSaltBytes);
  const std::uint32_t memory = numberIn(cost, "m=");
  const std::uint32_t passes = numberIn(cost, "t=");
  const std::uint32_t lanes = numberIn(cost, "p=");
  std::vector<char> encoded(argon2_encodedlen(passes, memory, lanes, kSaltBytes, kArgon2HashBytes, Argon2_id));
  if (argon2id_hash_encoded(passes, memory, lanes, password.data(), password.size(), salt.data(), salt.size(),
                            kArgon2HashBytes, encoded.data(), encoded.size()) != ARGON2_OK) {
    return std::nullopt;
  }
  return std::string(encoded.data());
}

}  // namespace

std::optional<std::string> newPasswordHash(std::string_view like, std::string_view password) {
  SESSIOND_CHECK(!explainUnusableHash(like));
  if (!isPossiblePassword(password)) return std::nullopt;
  const std::string cost = costOf(like);
  std::optional<std::string> hash =
      cost.starts_with("$argon2id$") ? argon2idHash(cost, password) : cryptHash(cost, password);
  if (hash && explainUnusableHash(*hash)) return std::nullopt;
  return hash;
}

}  // namespace sessiond
