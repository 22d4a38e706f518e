// Where nginx's files are found: a configuration with its includes, and the snippets as they were shipped.

#pragma once

#include <string>
#include <vector>

#include "base/expected.h"
#include "nginx/configuration.h"

namespace sessiond::ctl {

/// As nginx finds what an include names: relative to `folder`, in the alphabet's order. What cannot be read is not
/// there.
nginx::FileFinder finderBelow(std::string folder);

/// The snippets beside this program: as installed (../share/sessiond/nginx), or in the source tree that it was built
/// in. The error says where they were looked for.
Expected<std::string, std::string> shippedSnippets();

/// Every `*.conf` of a folder, by its name without the folder.
Expected<std::vector<nginx::SourceFile>, std::string> readSnippets(const std::string& folder);

}  // namespace sessiond::ctl
