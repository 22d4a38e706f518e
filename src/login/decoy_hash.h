// DecoyHash: the hash that is verified when there is no such user, so that "no such user" takes the time of "wrong
// password" (specification §1.2).
//
// For directories that cannot look at all their entries: it is the hash that was last handed out for a real user,
// because a directory's hashes are usually all of one kind and cost; before the first, a yescrypt hash at crypt(5)'s
// default cost. A directory with hashes of different cost betrays by time which kind a name has; nothing can hide
// that but rehashing them.

#pragma once

#include <string>
#include <string_view>

#include "base/guarded.h"

namespace sessiond {

/// yescrypt at the default cost, of a random password that nobody has kept.
inline constexpr std::string_view kDefaultDecoyHash =
    "$y$j9T$98a2YDT.IVYxS2TaeCoMj1$uLNoXyNazMfDI/MLLxqI3FL3PfuqVewyF0iqGBJw4EB";

/// Thread-safe.
class DecoyHash {
 public:
  /// Call with the hash of every entry found.
  void remember(std::string_view hash) { *hash_.lock() = hash; }
  std::string current() { return *hash_.lock(); }

 private:
  Guarded<std::string> hash_{kDefaultDecoyHash};
};

}  // namespace sessiond
