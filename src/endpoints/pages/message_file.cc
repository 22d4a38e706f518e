#include "endpoints/pages/message_file.h"

#include <algorithm>

#include "base/encoding.h"
#include "yaml/yaml_tree.h"

namespace sessiond {
namespace {

std::string inLine(YamlPlace place, const std::string& message) {
  return place.line == 0 ? message : "line " + std::to_string(place.line) + ": " + message;
}

/// The set of places, for comparison: a translation may turn their order around.
std::vector<std::string_view> sortedPlaces(std::string_view text) {
  std::vector<std::string_view> places = placesIn(text);
  std::ranges::sort(places);
  return places;
}

std::string listOf(const std::vector<std::string_view>& places) {
  if (places.empty()) return "none";
  std::string list;
  for (const std::string_view place : places) list += (list.empty() ? "{" : ", {") + escapeForLog(place, 32) + "}";
  return list;
}

/// What is wrong with one text; empty: nothing.
std::string complaintAbout(const std::string& key, const YamlNode& value, const Messages::Texts* english) {
  if (value.kind != YamlKind::kScalar || value.text.empty()) return "must be a text";
  if (key == kDirectionKey && value.text != "ltr" && value.text != "rtl")
    return "must be ltr or rtl but is \"" + escapeForLog(value.text, 32) + "\"";
  if (english == nullptr) return "";
  const auto original = english->find(key);
  if (original == english->end()) return "is no key of the pages' texts";
  const auto wanted = sortedPlaces(original->second);
  const auto found = sortedPlaces(value.text);
  if (wanted == found) return "";
  return "must have the places " + listOf(wanted) + " but has " + listOf(found);
}

}  // namespace

Expected<Messages::Texts, std::vector<std::string>> readMessageFile(std::string_view yaml,
                                                                    const Messages::Texts* english) {
  const YamlDocument document = parseYaml(yaml);
  std::vector<std::string> problems;
  problems.reserve(document.problems.size());
  for (const YamlProblem& problem : document.problems) problems.push_back(inLine(problem.place, problem.message));
  if (document.root.kind == YamlKind::kScalar || document.root.kind == YamlKind::kSequence)
    problems.emplace_back("must be a map of keys and texts");
  Messages::Texts texts;
  for (const YamlEntry& entry : document.root.entries) {
    const std::string complaint = complaintAbout(entry.key, entry.value, english);
    if (!complaint.empty()) problems.push_back(inLine(entry.place, escapeForLog(entry.key, 32) + " " + complaint));
    texts[entry.key] = entry.value.text;
  }
  if (!problems.empty()) return Unexpected(std::move(problems));
  return texts;
}

}  // namespace sessiond
