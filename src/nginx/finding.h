// Finding: what the linter has to say about one place of an nginx configuration.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nginx/directive.h"

namespace sessiond::nginx {

enum class Severity {
  kHint,    ///< worth a look
  kFault,   ///< something will be refused or get lost that was meant to work
  kDanger,  ///< somebody gets in, or is taken for somebody else
};

std::string_view nameOf(Severity severity);

/// Something that is wrong. A plain value.
struct Remark {
  Severity severity = Severity::kHint;
  std::string rule;  ///< `satisfy-any`
  std::string message;
  std::string remedy;  ///< what to write or to type
};

struct Finding : Remark {
  Place place;
};

using Findings = std::vector<Finding>;

}  // namespace sessiond::nginx
