// The pages that nginx shows while sessiond is away, as files: `sessiond --write-pages FOLDER`, once at the
// installation and again when the site's look has changed.

#pragma once

#include <string>
#include <vector>

#include "endpoints/pages/page_book.h"

namespace sessiond {

/// Writes unavailable.html in the first language and unavailable.<language>.html in each, called by its first part
/// (`pt` of pt-BR), which is what nginx can read from a request. Such files of languages that are no more are removed,
/// once all others are written. The result is what went wrong, if anything: a file that is named there is as it was.
std::vector<std::string> writePages(const PageBook& pages, const std::string& folder);

}  // namespace sessiond
