// Secret: bytes that must not leak (session secrets, passwords, tokens).
//
// It cannot be copied, printed, formatted or compared with ==; it is compared in constant time and wiped when it
// goes. What it protects against is carelessness in our own code and old values in freed memory, not a debugger.

#pragma once

#include <string>
#include <string_view>

namespace sessiond {

/// Movable, not copyable; not thread-safe beyond concurrent reading.
class Secret {
 public:
  Secret() = default;
  /// Takes the bytes over; the argument's own memory is wiped.
  explicit Secret(std::string&& bytes);
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  /// The one way to the bytes, named so that it stands out in review. The view lives as long as this object.
  std::string_view reveal() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }
  /// Constant time for equal lengths; the length itself is not kept secret.
  bool equals(std::string_view other) const;
  /// An explicit second copy, for a second owner.
  Secret clone() const;

 private:
  void wipe();

  std::string bytes_;
};

/// Overwrites the bytes in a way the compiler cannot leave out, then empties the string.
void wipeString(std::string& bytes);

}  // namespace sessiond
