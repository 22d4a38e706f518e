// Entity tags and the conditions that name them (RFC 9110 §8.8.3, §13.1.1, §13.1.2).
//
//   ETag: "Jd3kq0"                If-Match: "old", "Jd3kq0"                If-None-Match: W/"Jd3kq0"
//
// A field that is no list of entity tags matches nothing from where it stops being one: If-Match then fails, and
// If-None-Match answers in full, which is the safe side of both.

#pragma once

#include <string_view>

namespace sessiond {

/// Does an If-Match field name this strong entity tag (with its quotes)? Weak ones never match; `*` always does.
bool matchesStrongly(std::string_view field, std::string_view entity_tag);

/// Does an If-None-Match field name it, weak or not?
bool matchesWeakly(std::string_view field, std::string_view entity_tag);

}  // namespace sessiond
