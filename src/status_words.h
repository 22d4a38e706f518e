// What each outcome of a check means to an administrator, and what to do.

#pragma once

#include <string>
#include <string_view>

#include "session/check_status.h"

namespace sessiond {

struct StatusWords {
  std::string_view meaning;
  std::string_view remedy;  ///< empty: nothing is to be done
};

StatusWords wordsOf(CheckStatus status);

}  // namespace sessiond
