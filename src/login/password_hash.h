// Password hashes: which forms are accepted, what they may cost, and the verification itself.
//
//   bcrypt      $2b$12$<22 salt><31 hash>           Node; $2y$ (htpasswd -B, PHP) and $2a$ (Go, Java, caddy) likewise
//   SHA-crypt   $5$[rounds=N$]salt$hash, $6$...     mkpasswd, glibc
//   yescrypt    $y$j9T$salt$hash                    Debian's default since 11
//   argon2id    $argon2id$v=19$m=65536,t=3,p=4$salt$hash
//
// Everything else is refused by name: plain text, DES, $1$ and $apr1$ (MD5), {SHA}, $2x$ (a broken algorithm, which
// libcrypt would compute), argon2i, argon2d. $2a$ is taken for what nearly every writer means by it, the same as $2b$:
// libcrypt computes it so but for passwords that could only come from the broken algorithm. The cost parameters have
// limits, because a worker verifies what the file says: one careless line must not hold it for minutes or take the
// machine's memory.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sessiond {

/// libcrypt takes no longer passphrase (CRYPT_MAX_PASSPHRASE_SIZE counts the terminator).
inline constexpr std::size_t kMaxPasswordBytes = 511;
/// bcrypt looks at the first so many bytes only, here as in every other program.
inline constexpr std::size_t kBcryptPasswordBytes = 72;

inline constexpr unsigned kMaxBcryptCost = 14;                   // about a second
inline constexpr unsigned kMaxShaCryptRounds = 1'000'000;        // about half a second
inline constexpr unsigned kMaxHashMemoryKiB = 256 * 1024;        // yescrypt and argon2id
inline constexpr unsigned kMaxArgon2MemoryPasses = 1024 * 1024;  // m (KiB) × t: a gibibyte written, about a second
inline constexpr unsigned kMaxArgon2Lanes = 16;

/// Why this hash cannot be used ("bcrypt cost must be between 4 and 14 but is 31"); nullopt when it can. Never
/// repeats the hash.
std::optional<std::string> explainUnusableHash(std::string_view hash);

/// Was the user locked as in shadow(5), with a hash that begins with `!` or `*`? explainUnusableHash() says so too.
bool isLockedHash(std::string_view hash);
bool isBcrypt(std::string_view hash);

/// What the time of a verification depends on, kind and cost parameters: "$2b$12$" (for $2a$ and $2y$ too),
/// "$6$rounds=100000$", "$y$j9T$", "$argon2id$v=19$m=65536,t=3,p=4$". REQUIRES: a usable hash.
std::string costOf(std::string_view hash);

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
