#include "base/secret.h"

#include <cstring>
#include <utility>

#include "base/crypto.h"

namespace sessiond {

void wipeString(std::string& bytes) {
  bytes.resize(bytes.capacity());  // longer contents may have been there before
  explicit_bzero(bytes.data(), bytes.size());
  bytes.clear();
}

Secret::Secret(std::string&& bytes) : bytes_(bytes) {
  wipeString(bytes);
}

// Copied and wiped: a moved string of few bytes would leave them in its old place.
// NOLINTNEXTLINE(performance-move-constructor-init,cert-oop11-cpp)
Secret::Secret(Secret&& other) noexcept : bytes_(other.bytes_) {
  other.wipe();
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    bytes_ = other.bytes_;
    other.wipe();
  }
  return *this;
}

Secret::~Secret() {
  wipe();
}

bool Secret::equals(std::string_view other) const {
  return constantTimeEqual(bytes_, other);
}

Secret Secret::clone() const {
  std::string copy(bytes_);
  return Secret(std::move(copy));
}

void Secret::wipe() {
  wipeString(bytes_);
}

}  // namespace sessiond
