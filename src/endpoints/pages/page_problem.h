// PageProblem: what is wrong with what a site says about its pages, and which option is to blame.

#pragma once

#include <string>

namespace sessiond {

/// A plain value.
struct PageProblem {
  std::string option;   ///< "pages.accent"
  std::string message;  ///< what is wrong, with the file when the option leads to one
};

}  // namespace sessiond
