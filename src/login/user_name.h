// User names: the one spelling under which a name is looked up and logged, and the one under which tries are counted.
//
// One name can be typed in many ways: a phone's keyboard puts a space after it, "é" is one character or two, and where
// case does not matter there are both. All of them must lead to one user, and share one budget of tries.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sessiond {

/// Longer names are refused before any directory is asked.
inline constexpr std::size_t kMaxUserNameBytes = 256;

/// Does upper or lower case make another name?
enum class NameCase { kMatters, kIgnored };

/// May this be a user's name: 1 to kMaxUserNameBytes bytes of well-formed UTF-8 without control characters?
bool isValidUserName(std::string_view name);

/// Without the white space and invisible marks (U+200B, U+200E, U+200F, U+FEFF) that stand around it. What is no UTF-8
/// stays as it is.
std::string_view trimUserName(std::string_view typed);

/// Trimmed, in Unicode's composed normal form (NFC), and in lower case (simple mapping, character by character) when
/// case is ignored; nullopt when that can be nobody's name. Applied twice it changes nothing more.
std::optional<std::string> canonicalUserName(std::string_view typed, NameCase name_case);

/// What all names have in common that whoever keeps the users might take for one: without case, in Unicode's
/// compatibility form, without what is not seen (NFKC_Casefold). For counting; two users may share it. What cannot be
/// written so stays as it is.
std::string foldedUserName(std::string_view name);

}  // namespace sessiond
