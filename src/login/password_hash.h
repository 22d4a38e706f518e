// Password hashes: which forms are accepted, what they may cost, and the verification itself.
//
//   bcrypt      $2y$12$<22 salt><31 hash>           htpasswd -B, PHP, Node; $2b$ likewise
//   SHA-crypt   $5$[rounds=N$]salt$hash, $6$...     mkpasswd, glibc
//   yescrypt    $y$j9T$salt$hash                    Debian's default since 11
//   argon2id    $argon2id$v=19$m=65536,t=3,p=4$salt$hash
//
// Everything else is refused by name: plain text, DES, $1$ and $apr1$ (MD5), {SHA}, $2a$ and $2x$ (which stood for
// several, partly broken algorithms), argon2i, argon2d. The cost parameters have limits, because a worker verifies
// what the file says: one careless line must not hold it for minutes or take the machine's memory.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sessiond {

/// libcrypt takes no longer passphrase (CRYPT_MAX_PASSPHRASE_SIZE counts the terminator). bcrypt itself looks at the
/// first 72 bytes only; such hashes are verified as every other program does.
inline constexpr std::size_t kMaxPasswordBytes = 511;

inline constexpr unsigned kMaxBcryptCost = 14;                   // about a second
inline constexpr unsigned kMaxShaCryptRounds = 1'000'000;        // about half a second
inline constexpr unsigned kMaxHashMemoryKiB = 256 * 1024;        // yescrypt and argon2id
inline constexpr unsigned kMaxArgon2MemoryPasses = 1024 * 1024;  // m (KiB) × t: a gibibyte written, about a second
inline constexpr unsigned kMaxArgon2Lanes = 16;

/// Why this hash cannot be used ("bcrypt cost must be between 4 and 14 but is 31"); nullopt when it can. Never
/// repeats the hash.
std::optional<std::string> explainUnusableHash(std::string_view hash);

enum class PasswordCheck {
  kMatches,
  kDiffers,
  kUnusableHash,  ///< explainUnusableHash() says why, or the library refused it; took no time
};

/// May somebody's password be this: 1 to kMaxPasswordBytes bytes without NUL?
bool isPossiblePassword(std::string_view password);

/// Thread-safe; takes as long as the hash demands. A password that is not possible differs, at once.
PasswordCheck verifyPassword(std::string_view hash, std::string_view password);

}  // namespace sessiond
