#include "login/password_hash.h"

#include <argon2.h>
#include <crypt.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "base/ascii.h"
#include "base/crypto.h"
#include "base/parse.h"

namespace sessiond {
namespace {

constexpr std::string_view kCryptAlphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kBase64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::string_view kBcryptPrefix = "$2b$";

using Problem = std::optional<std::string>;

/// Cuts off and returns what stands before the next `separator`; all of it when there is none.
std::string_view takeField(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view field = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return field;
}

/// `name=123` → 123; decimal digits without sign or leading zero.
std::optional<unsigned> takeNumber(std::string_view field, std::string_view name) {
  if (!field.starts_with(name)) return std::nullopt;
  field.remove_prefix(name.size());
  if (field.starts_with('0')) return std::nullopt;
  return parseInteger<unsigned>(field);
}

std::string outOfRange(std::string_view what, unsigned least, unsigned most, unsigned is) {
  return std::string(what) + " must be between " + std::to_string(least) + " and " + std::to_string(most) + " but is " +
         std::to_string(is);
}

/// After `$2b$`: "12$" and 53 characters of salt and hash.
Problem explainBcrypt(std::string_view rest) {
  const std::string_view cost_text = takeField(rest, '$');
  const auto cost = parseInteger<unsigned>(cost_text);
  if (cost_text.size() != 2 || !cost || rest.size() != 53 || !isMadeOf(rest, kCryptAlphabet))
    return "bcrypt hash is malformed";
  if (*cost < 4 || *cost > kMaxBcryptCost) return outOfRange("bcrypt cost", 4, kMaxBcryptCost, *cost);
  return std::nullopt;
}

/// After `$5$` or `$6$`.
Problem explainShaCrypt(std::string_view rest, std::size_t hash_characters) {
  if (rest.starts_with("rounds=")) {
    const auto rounds = takeNumber(takeField(rest, '$'), "rounds=");
    if (!rounds) return "SHA-crypt hash is malformed";
    if (*rounds < 1000 || *rounds > kMaxShaCryptRounds)
      return outOfRange("SHA-crypt rounds", 1000, kMaxShaCryptRounds, *rounds);
  }
  const std::string_view salt = takeField(rest, '$');
  if (salt.empty() || salt.size() > 16 || !isMadeOf(salt, kCryptAlphabet) || rest.size() != hash_characters ||
      !isMadeOf(rest, kCryptAlphabet))
    return "SHA-crypt hash is malformed";
  return std::nullopt;
}

/// After `$y$`: the flavour `j`, one character each for log2(N) - 1 and r - 1, salt, hash. That is all that
/// crypt_gensalt(3) and passwd(1) write; the format's further parameters (parallelism, time, upgrades) are refused.
Problem explainYescrypt(std::string_view rest) {
  const std::string_view parameters = takeField(rest, '$');
  const std::string_view salt = takeField(rest, '$');
  if (!isMadeOf(parameters, kCryptAlphabet) || salt.empty() || salt.size() > 86 || !isMadeOf(salt, kCryptAlphabet) ||
      rest.size() != 43 || !isMadeOf(rest, kCryptAlphabet))
    return "yescrypt hash is malformed";
  if (parameters.size() != 3 || parameters[0] != 'j') return "yescrypt parameters are none that crypt(5) writes";
  const std::size_t log2_n = kCryptAlphabet.find(parameters[1]) + 1;
  const std::size_t r = kCryptAlphabet.find(parameters[2]) + 1;
  constexpr std::size_t kBytesPerBlock = 128;
  constexpr std::size_t kMaxBytes = std::size_t{kMaxHashMemoryKiB} * 1024;
  if (log2_n > 30 || r > 48 || (kBytesPerBlock * r << log2_n) > kMaxBytes)
    return "yescrypt memory must be at most " + std::to_string(kMaxHashMemoryKiB) + " KiB but is more";
  return std::nullopt;
}

/// After `$argon2id$`: "v=19$m=65536,t=3,p=4$salt$hash", salt and hash as unpadded base64.
Problem explainArgon2id(std::string_view rest) {
  if (takeField(rest, '$') != "v=19") return "argon2id version must be 19";
  std::string_view parameters = takeField(rest, '$');
  const auto memory = takeNumber(takeField(parameters, ','), "m=");
  const auto passes = takeNumber(takeField(parameters, ','), "t=");
  const auto lanes = takeNumber(takeField(parameters, ','), "p=");
  const std::string_view salt = takeField(rest, '$');
  if (!memory || !passes || !lanes || !parameters.empty() || salt.size() < 11 || salt.size() > 86 ||
      !isMadeOf(salt, kBase64Alphabet) || rest.size() < 16 || rest.size() > 86 || !isMadeOf(rest, kBase64Alphabet))
    return "argon2id hash is malformed";
  if (*lanes > kMaxArgon2Lanes) return outOfRange("argon2id lanes (p)", 1, kMaxArgon2Lanes, *lanes);
  if (*memory < 8 * *lanes || *memory > kMaxHashMemoryKiB)
    return outOfRange("argon2id memory (m, KiB)", 8 * *lanes, kMaxHashMemoryKiB, *memory);
  const unsigned most_passes = kMaxArgon2MemoryPasses / *memory;
  if (*passes > most_passes) return outOfRange("argon2id passes (t) with this memory", 1, most_passes, *passes);
  return std::nullopt;
}

/// What to say about a form that is not accepted at all.
std::string explainForeign(std::string_view hash) {
  struct Foreign {
    std::string_view prefix;
    std::string_view name;
  };
  static constexpr std::array kForeign = {
      Foreign{"$apr1$", "$apr1$ (Apache's MD5)"},
      Foreign{"$1$", "$1$ (MD5)"},
      Foreign{"{SHA}", "{SHA} (unsalted SHA-1)"},
      Foreign{"{SSHA", "{SSHA} (salted SHA, one round)"},
      Foreign{"$2x$", "bcrypt variant $2x$"},
      Foreign{"$argon2i$", "argon2i"},
      Foreign{"$argon2d$", "argon2d"},
      Foreign{"$7$", "$7$ (scrypt)"},
      Foreign{"{PLAIN}", "{PLAIN}"},
  };
  constexpr std::string_view kAccepted =
      "; accepted are bcrypt ($2a$, $2b$, $2y$), SHA-crypt ($5$, $6$), yescrypt ($y$) and argon2id";
  for (const Foreign& foreign : kForeign) {
    if (hash.starts_with(foreign.prefix))
      return "hash form " + std::string(foreign.name) + " is not accepted" + std::string(kAccepted);
  }
  return "hash form is not known (plain text?)" + std::string(kAccepted);
}

/// libcrypt's and libargon2's functions want terminated strings; a Secret-like buffer that is wiped afterwards.
class TerminatedPassword {
 public:
  explicit TerminatedPassword(std::string_view password) {
    std::copy(password.begin(), password.end(), bytes_.begin());
  }
  TerminatedPassword(const TerminatedPassword&) = delete;
  TerminatedPassword& operator=(const TerminatedPassword&) = delete;
  ~TerminatedPassword() { explicit_bzero(bytes_.data(), bytes_.size()); }
  const char* text() const { return bytes_.data(); }

 private:
  std::array<char, kMaxPasswordBytes + 1> bytes_{};
};

PasswordCheck verifyArgon2id(const std::string& hash, std::string_view password) {
  switch (argon2id_verify(hash.c_str(), password.data(), password.size())) {
    case ARGON2_OK:
      return PasswordCheck::kMatches;
    case ARGON2_VERIFY_MISMATCH:
      return PasswordCheck::kDiffers;
    default:
      return PasswordCheck::kUnusableHash;
  }
}

PasswordCheck verifyCrypt(const std::string& hash, std::string_view password) {
  const TerminatedPassword terminated(password);
  const auto scratch = std::make_unique<crypt_data>();  // 32 KiB, wiped because the password passes through it
  const char* const computed = crypt_rn(terminated.text(), hash.c_str(), scratch.get(), sizeof(crypt_data));
  const bool usable = computed != nullptr;
  const bool matches = usable && constantTimeEqual(computed, hash);
  explicit_bzero(scratch.get(), sizeof(crypt_data));
  if (!usable) return PasswordCheck::kUnusableHash;
  return matches ? PasswordCheck::kMatches : PasswordCheck::kDiffers;
}

}  // namespace

std::optional<std::string> explainUnusableHash(std::string_view hash) {
  if (hash.empty()) return "there is no hash";
  if (isLockedHash(hash)) return "locked: the hash begins with " + std::string(hash.substr(0, 1));
  std::string_view rest = hash;
  const auto skip = [&rest](std::string_view prefix) {
    if (!rest.starts_with(prefix)) return false;
    rest.remove_prefix(prefix.size());
    return true;
  };
  if (isBcrypt(hash)) return explainBcrypt(rest.substr(kBcryptPrefix.size()));
  if (skip("$5$")) return explainShaCrypt(rest, 43);
  if (skip("$6$")) return explainShaCrypt(rest, 86);
  if (skip("$y$")) return explainYescrypt(rest);
  if (skip("$argon2id$")) return explainArgon2id(rest);
  return explainForeign(hash);
}

bool isLockedHash(std::string_view hash) {
  return hash.starts_with('!') || hash.starts_with('*');
}

bool isBcrypt(std::string_view hash) {
  return hash.starts_with("$2a$") || hash.starts_with("$2b$") || hash.starts_with("$2y$");
}

std::string costOf(std::string_view hash) {
  constexpr std::size_t kCostCharacters = 3;
  if (isBcrypt(hash)) return std::string(kBcryptPrefix).append(hash.substr(kBcryptPrefix.size(), kCostCharacters));
  std::size_t fields = 1;
  if (hash.starts_with("$y$") || hash.substr(3).starts_with("rounds=")) fields = 2;
  if (hash.starts_with("$argon2id$")) fields = 3;
  std::size_t end = 1;
  for (; fields > 0; --fields) end = hash.find('$', end) + 1;
  return std::string(hash.substr(0, end));
}

bool isPossiblePassword(std::string_view password) {
  return !password.empty() && password.size() <= kMaxPasswordBytes && password.find('\0') == std::string_view::npos;
}

PasswordCheck verifyPassword(std::string_view hash, std::string_view password) {
  if (!isPossiblePassword(password)) return PasswordCheck::kDiffers;
  if (explainUnusableHash(hash)) return PasswordCheck::kUnusableHash;
  const std::string terminated_hash(hash);
  return hash.starts_with("$argon2id$") ? verifyArgon2id(terminated_hash, password)
                                        : verifyCrypt(terminated_hash, password);
}

}  // namespace sessiond
