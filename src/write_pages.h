// The pages that nginx shows while sessiond is away, as files: `sessiond --write-pages FOLDER`, once at the
// installation and again when the site's look has changed.

#pragma once

#include <string>
#include <vector>

#include "endpoints/pages/page_book.h"

namespace sessiond {

/// Writes unavailable.<language>.html for every language. The result is what went wrong, if anything.
std::vector<std::string> writePages(const PageBook& pages, const std::string& folder);

}  // namespace sessiond
