#include "base/keyed_hash.h"

#include <cstring>
#include <string>

#include "base/random.h"

namespace sessiond {

const HashKey& processHashKey() {
  static const HashKey key = [] {
    HashKey made;
    const std::string bytes = randomBytes(sizeof made);
    std::memcpy(&made, bytes.data(), sizeof made);
    made.second |= 1;
    return made;
  }();
  return key;
}

}  // namespace sessiond
