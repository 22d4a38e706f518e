// The JSON Schema (draft 2020-12) of sessiond.yaml, from the table of options: with it editors complete names and mark
// what cannot be right. Whatever sessiond takes is valid by it; sessiond itself refuses more.

#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace sessiond {

// The schemas of single values, as JSON.

std::string schemaOfFlag();
std::string schemaOfNumber(std::uint64_t least, std::uint64_t most);
std::string schemaOfSize();
std::string schemaOfDuration();
std::string schemaOfFileMode();
/// YAML takes a number or `true` without quotes for a text as well, where a text is wanted.
std::string schemaOfText();
std::string schemaOfText(std::size_t shortest, std::size_t longest);
/// An absolute path, or nothing.
std::string schemaOfPath();
std::string schemaOfTexts();
std::string schemaOfTexts(std::size_t fewest, std::size_t most);
std::string schemaOfChoice(std::span<const std::string_view> words);
std::string schemaOfEither(std::initializer_list<std::string> schemas);
/// A map of these members and no others.
std::string schemaOfMembers(std::initializer_list<std::pair<std::string_view, std::string>> members,
                            std::string_view required = {});
/// A map whose entries have any name, or any that keeps the schema `name`.
std::string schemaOfMap(const std::string& entry, const std::string& name = {});

/// Of the whole file.
std::string configSchema();

}  // namespace sessiond
