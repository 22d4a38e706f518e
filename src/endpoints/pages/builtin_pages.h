// The built-in pages: what each is called, what it looks like, and which values fill it. A site can replace each by a
// file of its own (pages.folder), which is given the same values.

#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "base/enum_size.h"

namespace sessiond {

enum class PageName {
  kLogin,        ///< the form
  kLoggedIn,     ///< the login's address while somebody is logged in
  kTooMany,      ///< too many tries
  kLogout,       ///< asks
  kLoggedOut,    ///< says that it is done
  kForbidden,    ///< logged in, but not for this
  kUnavailable,  ///< cannot tell right now
  kFailed,       ///< our mistake
  kStartHere,    ///< a request that cannot be right: where to begin instead
  kSessions,     ///< where somebody is logged in
};
inline constexpr std::size_t kPageNames = enumSize<PageName>();

struct BuiltinPage {
  std::string_view file;   ///< its file in pages.folder, without .html
  std::string_view title;  ///< a key of the messages
  std::string_view body;
  std::vector<std::string_view> names;   ///< beside those that every page has
  std::vector<std::string_view> needed;  ///< of these
};

const BuiltinPage& builtinPage(PageName name);

/// What every page may use.
inline constexpr std::array<std::string_view, 16> kCommonNames = {
    "lang", "dir",  "title",     "site",       "logo",         "logo_dark", "home", "error",
    "good", "info", "login_url", "logout_url", "sessions_url", "help",      "wide", "policy"};

/// {{> head}}: from the beginning to the heading and the message; the style sheet comes where it is cut in two.
extern const std::string_view kHeadBeforeStyle;
extern const std::string_view kHeadAfterStyle;
/// {{> foot}}: the end.
extern const std::string_view kFoot;

}  // namespace sessiond
