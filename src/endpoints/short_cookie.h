// ShortCookie: what an answer tells the page that comes next: a cookie that lasts a minute. Whoever has it made it, or
// might have; so nobody signs it, and nothing is decided by it.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "http/request.h"

namespace sessiond {

/// A plain value.
class ShortCookie {
 public:
  explicit ShortCookie(std::string name) : name_(std::move(name)) {}

  /// Set-Cookie that leaves it. REQUIRES: `value` needs no encoding.
  std::string set(std::string_view value, bool secure) const;
  /// Set-Cookie that takes it away again.
  std::string drop(bool secure = false) const;
  /// Its value, a view into the request; of several the first one's.
  std::optional<std::string_view> read(const Request& request) const;

 private:
  std::string name_;
};

}  // namespace sessiond
