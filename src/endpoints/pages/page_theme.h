// PageTheme: the site's own look, read from its files and checked: style sheet, logo, colours.

#pragma once

#include <string>
#include <vector>

#include "base/expected.h"
#include "endpoints/pages/page_problem.h"
#include "endpoints/pages/pages_settings.h"

namespace sessiond {

/// A plain value.
struct PageTheme {
  static constexpr std::size_t kMaxLogoBytes = 64 * 1024;
  static constexpr std::size_t kMaxStyleBytes = 64 * 1024;

  std::string style;      ///< the whole style sheet: the built-in one, the site's colours, the site's file
  std::string logo;       ///< data: URL; empty: none
  std::string logo_dark;  ///< the same for dark screens; empty: `logo` serves both

  /// The error is what is wrong, all of it.
  static Expected<PageTheme, std::vector<PageProblem>> read(const PagesSettings& settings);
};

}  // namespace sessiond
