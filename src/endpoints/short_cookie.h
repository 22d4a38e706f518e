// ShortCookie: what an answer tells the page that comes next: a cookie that lasts a minute or less. Whoever has it made
// it, or might have; so nobody signs it, and nothing is decided by it. Where it is Secure its name begins with __Host-,
// so that no other host can leave one here.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "http/request.h"

namespace sessiond {

/// A plain value.
class ShortCookie {
 public:
  ShortCookie(std::string_view name, bool secure, std::chrono::seconds lifetime = std::chrono::seconds(60));

  /// Set-Cookie that leaves it. REQUIRES: `value` needs no encoding.
  std::string set(std::string_view value) const;
  /// Set-Cookie that takes it away again.
  std::string drop() const;
  /// Its value, a view into the request; of several the first one's.
  std::optional<std::string_view> read(const Request& request) const;

 private:
  std::string name_;
  bool secure_;
  std::chrono::seconds lifetime_;
};

}  // namespace sessiond
