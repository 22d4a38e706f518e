// Times as pages show them, in the words of a language:
//
//   <time datetime="2026-11-25T18:04Z">25 November 2026, 18:04 UTC</time>
//
// Always UTC, and said so: nobody here knows where the reader is.

#pragma once

#include <string>

#include "base/clock.h"
#include "endpoints/pages/messages.h"

namespace sessiond {

/// HTML. The language's `date` has the places {day}, {month}, {year} and {time}; its months are month_1 to month_12.
std::string timeInWords(WallTime time, const Messages& messages);

}  // namespace sessiond
