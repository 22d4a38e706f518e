// A whole configuration: the main file with everything it includes in the place of the `include`, as nginx reads it.

#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "nginx/directive.h"
#include "nginx/parser.h"

namespace sessiond::nginx {

struct SourceFile {
  std::string path;
  std::string text;
};

/// The files that an include's argument names, in nginx's order; it may hold * and ?, and is relative to nginx's
/// folder.
using FileFinder = std::function<std::vector<SourceFile>(const std::string& pattern)>;

/// A file counts as often as it is included: a protected location includes several. More would be one that includes
/// itself twice, and those again.
inline constexpr int kMaxIncludes = 65536;

[[nodiscard]] Expected<Directives, SyntaxError> readConfiguration(const SourceFile& main, const FileFinder& files);

/// The files in the output of `nginx -T`, the main one first; empty when the text is none.
std::vector<SourceFile> splitDump(std::string_view text);
/// Finds in the files of a dump; `folder` is nginx's, where relative names begin.
FileFinder finderIn(std::vector<SourceFile> files, std::string folder);

}  // namespace sessiond::nginx
