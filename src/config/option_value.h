// The kinds of values options have: how each is read from YAML, strictly, and written back.
//
// A reader returns nothing after it has reported what is wrong. There are no conversions: "5" is not 5, yes is not
// true, and a number without a unit is not a duration. Only around durations and sizes do quotes mean nothing: YAML has
// no such kinds, so "5m" is no more a text than 5m is, and a file in JSON cannot leave the quotes out.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config_report.h"
#include "yaml/yaml_tree.h"

namespace sessiond {

/// One value in the file, on its way into one option.
struct OptionValue {
  const YamlNode& node;
  const std::string& path;
  ConfigReport& report;

  void refuse(const std::string& message) const { report.error(node.place, path, message); }
};

struct DurationLimits {
  std::chrono::milliseconds least;
  std::chrono::milliseconds most;
  bool zero_is_none = false;  ///< 0s switches the limit off, although it is below `least`
};

std::optional<bool> readBool(const OptionValue& value);
std::optional<std::uint32_t> readNumber(const OptionValue& value, std::uint32_t least, std::uint32_t most);
std::optional<std::chrono::milliseconds> readDuration(const OptionValue& value, const DurationLimits& limits);
/// The same, refusing fractions of a second.
std::optional<std::chrono::seconds> readSeconds(const OptionValue& value, const DurationLimits& limits);
std::optional<std::size_t> readSize(const OptionValue& value, std::size_t least, std::size_t most);
/// Permissions in octal, in quotes, so that nobody takes them for a decimal number.
std::optional<std::uint32_t> readFileMode(const OptionValue& value);
/// At most 1024 bytes, no control characters.
std::optional<std::string> readText(const OptionValue& value);
/// At most 64 texts, none empty, none twice (an empty one stands where a bad one was); remembers each one's place as
/// `path[0]`, `path[1]`.
std::optional<std::vector<std::string>> readTextList(const OptionValue& value);
/// The index of the word.
std::optional<std::size_t> readChoice(const OptionValue& value, std::span<const std::string_view> words);
/// Text, number or boolean as JSON (RFC 8259): what is not quoted and looks like JSON's true, false or a number is
/// one, everything else is a string; but what only YAML takes for a boolean or a number (yes, True, 0x10, +1) is
/// refused without quotes.
std::optional<std::string> readJsonScalar(const OptionValue& value);

/// For "but is ...": the value of a scalar, or the kind of anything else.
std::string describeNode(const YamlNode& node);
/// `a`, `a or b`, `a, b or c`.
std::string oneOf(std::span<const std::string_view> words, std::string_view last = " or ");

std::string writeFileMode(std::uint32_t mode);
/// In quotes unless it can be taken for nothing else.
std::string writeText(std::string_view text);
std::string writeTextList(const std::vector<std::string>& texts);
/// Always in double quotes; valid JSON and valid YAML.
std::string quote(std::string_view text);

}  // namespace sessiond
