// What can be set about the session cookie: the options of `cookie`.

#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "http/set_cookie.h"

namespace sessiond {

enum class SecureOption { kAuto, kAlways, kNever };  ///< kAuto: as the request came

/// Not made from CookieFlags, though four of its names are here as well: whether a cookie is Secure is known with the
/// request only, and SameSite has another default than a cookie that says nothing of it. configured_cookie.h leads from
/// one to the other.
struct CookieSettings {
  std::string name = "connect.sid";
  std::string domain;
  std::string path = "/";
  bool http_only = true;
  SecureOption secure = SecureOption::kAuto;
  SameSite same_site = SameSite::kLax;
  std::optional<std::chrono::seconds> max_age;  ///< absent: a cookie that ends with the browser
  bool rolling = false;
  bool partitioned = false;
  CookiePriority priority = CookiePriority::kUnset;
};

}  // namespace sessiond
