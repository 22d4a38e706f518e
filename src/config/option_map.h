// Reading a map of named values that has no place in the table of options, because its names are the user's own.

#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "config/option_value.h"

namespace sessiond {

/// Calls `entry` for each entry of a map; reports anything that is not a map. The entry's path is the option's with
/// its name behind a dot.
void forEachEntry(
    const OptionValue& value,
    const std::function<void(const std::string& name, YamlPlace name_place, const OptionValue& entry)>& entry);

/// Reports a name that is not one of `known`, with the one that was probably meant.
void reportUnknownMember(const OptionValue& entry, YamlPlace name_place, const std::string& name,
                         std::span<const std::string_view> known);

}  // namespace sessiond
