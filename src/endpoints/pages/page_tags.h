// The tags of a page's text, looked at before the mustache library sees them: parts put in their places, and what the
// library would not survive refused.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sessiond {

/// The text with every {{> name}} replaced; an unknown name is a problem. What is put in is not looked at again.
std::string putInParts(std::string_view html, const std::vector<std::pair<std::string_view, std::string_view>>& parts,
                       std::vector<std::string>& problems);

/// Refused: tags that change the marks ({{= =}}), parts that are left, sections deeper than `max_depth`.
void checkTags(std::string_view html, std::size_t max_depth, std::vector<std::string>& problems);

/// A CSP source expression with a space before it: " 'sha256-...='".
std::string cspHash(std::string_view text);

/// Those of the text's <style> elements. The hash covers exactly the bytes between the tags (CSP 3 §6.7.3.3), so a
/// place to be filled in there is a problem.
std::string hashStyles(std::string_view html, std::vector<std::string>& problems);

}  // namespace sessiond
