// Where nginx's files are found: a configuration with its includes, and the snippets as they were shipped.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/expected.h"
#include "config/config.h"
#include "nginx/configuration.h"
#include "nginx/lint.h"
#include "nginx/snippets.h"

namespace sessiond::ctl {

/// Files that are there and cannot be read, each with the reason.
using UnreadFiles = std::map<std::string, std::string>;

/// As nginx finds what an include names: relative to `folder`, in the alphabet's order. What cannot be read is left
/// out, and noted in `unread`, which must outlive the finder; nullptr: nowhere.
nginx::FileFinder finderBelow(std::string folder, UnreadFiles* unread = nullptr);

/// The snippets beside this program: as installed (../share/sessiond/nginx), or in the source tree that it was built
/// in. The error says where they were looked for.
Expected<std::string, std::string> shippedSnippets();

/// Every `*.conf` of a folder, by its name without the folder.
Expected<std::vector<nginx::SourceFile>, std::string> readSnippets(const std::string& folder);

/// The text of a file, or of standard input for "-".
Expected<std::string, std::string> readNginxText(const std::string& file);
/// A main file's text with what it includes, or the output of nginx -T.
Expected<nginx::Directives, nginx::SyntaxError> directivesOf(const std::string& file, const std::string& text);
/// The same, linted; an included file that cannot be read is a finding of `not-looked-at`.
nginx::Findings lintText(const std::string& file, const std::string& text, const nginx::SessiondFacts& facts);

/// The shipped snippets, which are those of the default configuration, as this one needs them.
std::vector<nginx::SourceFile> snippetsFor(const Config& config, const std::vector<nginx::SourceFile>& shipped);
/// What the linter is to hold against nginx's configuration.
nginx::SessiondFacts factsOf(const Config& config);

/// Every HTML file of a folder, with the folder.
std::vector<std::string> filesBelow(const std::string& folder);

}  // namespace sessiond::ctl
