// The linter: reads an nginx configuration and says what is dangerous in how it uses sessiond. Only servers with
// sessiond's snippets are of interest.
//
// It knows nginx's syntax, inheritance and order; of regular expressions no more than how the addresses begin and end
// that they can match, and of a variable no more than whether the client fills it in: there it takes the worse case. A
// configuration that nginx itself refuses may get any answer.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/expected.h"
#include "nginx/configuration.h"
#include "nginx/finding.h"

namespace sessiond::nginx {

/// What sessiond.yaml says, to hold the snippets against it. Empty: not known.
struct SessiondFacts {
  std::vector<std::string> policies;
  std::vector<std::string> optional;  ///< those of them that let in who has no session
  std::vector<std::string> identity;  ///< header names
  std::size_t identity_max_bytes = 0;
  /// Those of this version, for this configuration, by their names without a folder.
  std::vector<SourceFile> snippets = {};
};

/// By file and line. A text that is no configuration is one finding of the rule `syntax`; one without a server of http,
/// and a server outside of it, are findings of `not-looked-at`.
Findings lintNginx(const SourceFile& main, const FileFinder& files, const SessiondFacts& facts = {});
/// The output of `nginx -T`.
Findings lintDump(std::string_view dump, const SessiondFacts& facts = {});

}  // namespace sessiond::nginx
