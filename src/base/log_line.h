// The text of a log line, apart from where it goes: message and fields in, escaped text or JSON members out.
//
// Time, level and the journal's priority stand before it; spdlog's formatter writes those (log.cc).

#pragma once

#include <string>
#include <string_view>

#include "base/log.h"

namespace sessiond {

/// A field value longer than this is cut.
inline constexpr std::size_t kMaxLogValue = 1024;

/// `message name=value name="value with spaces"`: printable ASCII only, everything else as \xNN. A message keeps its
/// quotes and backslashes.
std::string textLine(std::string_view message, LogFields fields);

/// `"message":"...","name":"value","count":3` as members of a JSON object (RFC 8259): UTF-8 stays, bytes that are
/// not UTF-8 become U+FFFD. `key` is the name of the first member.
std::string jsonMembers(std::string_view key, std::string_view message, LogFields fields);

}  // namespace sessiond
