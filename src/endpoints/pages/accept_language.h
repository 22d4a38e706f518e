// Accept-Language (RFC 9110 §12.5.4): which of our languages a browser's user reads best, by lookup (RFC 4647 §3.4).
//
//   "de-CH, fr;q=0.8, *;q=0.1" with en, de, fr  →  de

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace sessiond {

/// What is longer than this, or names more, is the work of no browser: what lies beyond is not looked at.
inline constexpr std::size_t kMaxAcceptLanguageBytes = 512;
inline constexpr std::size_t kMaxAcceptLanguages = 16;

/// The position in `available` of the language to use; `fallback` when the header asks for none of them. A range that
/// is longer than what there is loses its last parts one by one (de-CH → de); a language with a part of its own serves
/// who asks for the language alone (pt → pt-BR). `*` and q=0 choose nothing. Among equals the first named wins.
std::size_t chooseLanguage(std::string_view header, std::span<const std::string> available, std::size_t fallback);

}  // namespace sessiond
