// "did you mean ...?": the known name that a misspelt one was probably meant to be.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sessiond {

/// What counts in a name: lower case, without `_` and `-`.
std::string essence(std::string_view name);

/// The nearest candidate by edit distance, if it is near enough: case, `_` and `-` count nothing (maxAge is
/// max_age), and up to a third of the letters may differ. The first of equally near ones.
std::optional<std::string> nearestName(std::string_view given, const std::vector<std::string>& candidates);

}  // namespace sessiond
