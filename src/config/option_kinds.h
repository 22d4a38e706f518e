// The kinds of options that the table (options.cc) is made of: how each is read into its field, written back and
// described. `field` gives the field's address in a Config, constant or not.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/enum_size.h"
#include "config/config_schema.h"
#include "config/options.h"
#include "config/text_rules.h"
#include "config/units.h"

namespace sessiond::option_kinds {

template <typename Field>
Option flag(std::string path, Field field) {
  return {std::move(path),
          [field](const OptionValue& value, Config& config) {
            if (const std::optional<bool> read = readBool(value)) *field(config) = *read;
          },
          [field](const Config& config) { return *field(config) ? " true" : " false"; }, schemaOfFlag()};
}

template <typename Field>
Option number(std::string path, std::uint32_t least, std::uint32_t most, Field field) {
  return {std::move(path),
          [field, least, most](const OptionValue& value, Config& config) {
            if (const std::optional<std::uint32_t> read = readNumber(value, least, most)) *field(config) = *read;
          },
          [field](const Config& config) { return " " + std::to_string(*field(config)); }, schemaOfNumber(least, most)};
}

template <typename Field>
Option size(std::string path, std::size_t least, std::size_t most, Field field) {
  return {std::move(path),
          [field, least, most](const OptionValue& value, Config& config) {
            if (const std::optional<std::size_t> read = readSize(value, least, most)) *field(config) = *read;
          },
          [field](const Config& config) { return " " + formatSize(*field(config)); }, schemaOfSize()};
}

template <typename Field>
Option duration(std::string path, DurationLimits limits, Field field) {
  return {std::move(path),
          [field, limits](const OptionValue& value, Config& config) {
            if (const std::optional<milliseconds> read = readDuration(value, limits)) *field(config) = *read;
          },
          [field](const Config& config) { return " " + formatDuration(*field(config)); }, schemaOfDuration()};
}

template <typename Field>
Option wholeSeconds(std::string path, DurationLimits limits, Field field) {
  return {std::move(path),
          [field, limits](const OptionValue& value, Config& config) {
            if (const std::optional<seconds> read = readSeconds(value, limits)) *field(config) = *read;
          },
          [field](const Config& config) { return " " + formatDuration(*field(config)); }, schemaOfDuration()};
}

template <typename Field>
Option text(std::string path, Complaint (*rule)(std::string_view), Field field) {
  return {std::move(path),
          [field, rule](const OptionValue& value, Config& config) {
            std::optional<std::string> read = readText(value);
            if (!read) return;
            if (const Complaint complaint = rule(*read)) return value.refuse(*complaint);
            *field(config) = *std::move(read);
          },
          [field](const Config& config) { return " " + writeText(*field(config)); }, schemaOfText()};
}

template <typename Field>
Option texts(std::string path, Complaint (*rule)(std::string_view), Field field) {
  return {std::move(path),
          [field, rule](const OptionValue& value, Config& config) {
            std::optional<std::vector<std::string>> read = readTextList(value);
            if (!read) return;
            for (std::size_t at = 0; at < read->size(); ++at) {
              if ((*read)[at].empty()) continue;
              if (const Complaint complaint = rule((*read)[at])) {
                value.report.error(value.path + "[" + std::to_string(at) + "]", *complaint);
              }
            }
            *field(config) = *std::move(read);
          },
          [field](const Config& config) { return " " + writeTextList(*field(config)); }, schemaOfTexts()};
}

template <typename Field, std::size_t Count>
Option choice(std::string path, const std::array<std::string_view, Count>& words, Field field) {
  using Enum = std::remove_pointer_t<decltype(field(std::declval<Config&>()))>;
  static_assert(Count == enumSize<Enum>(), "a word for each");
  return {std::move(path),
          [field, &words](const OptionValue& value, Config& config) {
            if (const std::optional<std::size_t> read = readChoice(value, words)) {
              *field(config) = static_cast<Enum>(*read);
            }
          },
          [field, &words](const Config& config) {
            return " " + std::string(words[static_cast<std::size_t>(*field(config))]);
          },
          schemaOfChoice(words)};
}

/// A list of them. Only those that there are get into the configuration.
template <typename Field, std::size_t Count>
Option choices(std::string path, const std::array<std::string_view, Count>& words, Field field) {
  using Enum = typename std::remove_pointer_t<decltype(field(std::declval<Config&>()))>::value_type;
  static_assert(Count == enumSize<Enum>(), "a word for each");
  return {std::move(path),
          [field, &words](const OptionValue& value, Config& config) {
            const std::optional<std::vector<std::string>> read = readTextList(value);
            if (!read) return;
            field(config)->clear();
            for (std::size_t at = 0; at < read->size(); ++at) {
              const std::string& text = (*read)[at];
              const auto word = std::find(words.begin(), words.end(), text);
              if (word != words.end()) {
                field(config)->push_back(static_cast<Enum>(word - words.begin()));
              } else if (!text.empty()) {
                value.report.error(value.path + "[" + std::to_string(at) + "]",
                                   "must be " + oneOf(words) + " but is " + shown(text));
              }
            }
          },
          [field, &words](const Config& config) {
            std::vector<std::string> list;
            for (const Enum one : *field(config)) list.emplace_back(words[static_cast<std::size_t>(one)]);
            return " " + writeTextList(list);
          },
          schemaOfTexts()};
}

template <typename Field>
Option fileMode(std::string path, Field field) {
  return {std::move(path),
          [field](const OptionValue& value, Config& config) {
            if (const std::optional<std::uint32_t> read = readFileMode(value)) *field(config) = *read;
          },
          [field](const Config& config) { return " " + writeFileMode(*field(config)); }, schemaOfFileMode()};
}

/// One of which more can be said than of all of its kind.
inline Option withSchema(Option option, std::string schema) {
  option.schema = std::move(schema);
  return option;
}

}  // namespace sessiond::option_kinds
