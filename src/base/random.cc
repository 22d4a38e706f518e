#include "base/random.h"

#include <openssl/rand.h>

#include <cstring>

#include "base/check.h"

namespace sessiond {

std::string randomBytes(std::size_t count) {
  std::string bytes(count, '\0');
  SESSIOND_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) == 1);
  return bytes;
}

std::uint32_t randomBelow(std::uint32_t bound) {
  SESSIOND_CHECK(bound > 0);
  const std::string bytes = randomBytes(sizeof(std::uint64_t));
  std::uint64_t number = 0;
  std::memcpy(&number, bytes.data(), sizeof number);
  return static_cast<std::uint32_t>(number % bound);
}

}  // namespace sessiond
