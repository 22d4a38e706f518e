// What Node's decoder and JSON.parse take and RapidJSON refuses, made good in a copy before parsing.
//
// What replaces returns nullopt when there is nothing to change, so that the common case copies nothing.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sessiond {

/// Each maximal part of an ill-formed sequence becomes U+FFFD (WHATWG Encoding, "utf-8 decode"; Unicode §3.9,
/// practice 3), as Buffer.toString() and TextDecoder do it.
std::optional<std::string> replaceInvalidUtf8(std::string_view text);

/// Escapes of surrogates that have no partner, `\ud800`, become `\ufffd`: the length stays, all else stays. RapidJSON
/// 1.1.0 refuses a lone high surrogate and lets a lone low one through as invalid UTF-8.
std::optional<std::string> replaceLoneSurrogates(std::string_view json);

/// Does neither of the two above change the text? Else JsonTree reads the same of several texts, and two users of
/// theirs could become one: what says who somebody is has to be read as it stands.
bool isReadAsItStands(std::string_view json);

/// Numbers beyond a double's range get harmless digits of the same length (RapidJSON 1.1.0 refuses them, JSON.parse
/// reads Infinity). For checking the syntax only: the number's text is taken from the original.
std::string tameNumbers(std::string_view json);

}  // namespace sessiond
