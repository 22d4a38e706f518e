// Text made fit for HTML.

#pragma once

#include <string>
#include <string_view>

namespace sessiond {

/// `&`, `<`, `>`, `"` and `'` as character references: fit for text and for attribute values in quotes.
std::string escapeHtml(std::string_view text);

}  // namespace sessiond
