// Where a new secret's file is named in sessiond.yaml.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sessiond::ctl {

/// The text of a configuration with `file` as the first of session.secret_files and `others`, which are in force now,
/// behind it; everything else stays as it is, to the byte. Where there is no list yet, one is added. nullopt where
/// there is one that is not in one place and written with brackets. Whoever uses the text reads it again first: what
/// stands in the list then is the proof that the right place was found.
std::optional<std::string> withFirstSecret(std::string_view yaml, std::string_view file,
                                           const std::vector<std::string>& others);

/// The line to write by hand, below `session:`, without the spaces before it.
std::string secretFilesLine(std::string_view file, const std::vector<std::string>& others);

}  // namespace sessiond::ctl
