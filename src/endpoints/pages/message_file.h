// Message files: a language's texts as flat YAML, `key: "text"`, one file a language: de.yaml.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "endpoints/pages/messages.h"

namespace sessiond {

inline constexpr std::size_t kMaxMessageFileBytes = 64 * 1024;

/// The keys that begin with _ are about the language: `_direction` is ltr or rtl.
inline constexpr std::string_view kDirectionKey = "_direction";

/// The file's texts. The error is all that is wrong, each with its line: no YAML, no flat map, a text that is none,
/// and, held against `english` (nullptr: this is English), keys that do not exist and places that differ.
Expected<Messages::Texts, std::vector<std::string>> readMessageFile(std::string_view yaml,
                                                                    const Messages::Texts* english);

}  // namespace sessiond
