#include "config/identity_option.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/ascii.h"
#include "base/enum_size.h"
#include "config/config_schema.h"
#include "config/option_map.h"
#include "config/text_rules.h"

namespace sessiond {
namespace {

constexpr std::array<std::string_view, 5> kIdentityMembers = {"from", "join", "encode", "required", "lost"};
constexpr std::array<std::string_view, 3> kEncodings = {"utf8", "percent", "base64url"};
static_assert(kEncodings.size() == enumSize<IdentityEncoding>());
constexpr std::array<std::string_view, 2> kLostWords = {"refuse", "empty"};
static_assert(kLostWords.size() == enumSize<LostValue>());
constexpr std::size_t kLongestJoin = 8;

void readFrom(const OptionValue& value, IdentityHeader& header) {
  std::optional<std::string> pointer = readText(value);
  if (!pointer) return;
  if (const Complaint complaint = aboutSessionPointer(*pointer)) return value.refuse(*complaint);
  header.from = *std::move(pointer);
}

void readJoin(const OptionValue& value, IdentityHeader& header) {
  std::optional<std::string> join = readText(value);
  if (!join) return;
  if (join->empty()) return value.refuse("must not be empty: nobody could tell the entries of a list apart");
  if (join->size() > kLongestJoin) {
    return value.refuse("must be at most " + std::to_string(kLongestJoin) + " bytes long but has " +
                        std::to_string(join->size()));
  }
  header.join = *std::move(join);
}

void readMembers(const OptionValue& value, IdentityHeader& header) {
  bool has_from = false;
  forEachEntry(value, [&](const std::string& name, YamlPlace place, const OptionValue& member) {
    if (name == "from") {
      has_from = true;
      readFrom(member, header);
    } else if (name == "join") {
      readJoin(member, header);
    } else if (name == "encode") {
      if (const auto index = readChoice(member, kEncodings)) header.encode = static_cast<IdentityEncoding>(*index);
    } else if (name == "required") {
      if (const auto required = readBool(member)) header.required = *required;
    } else if (name == "lost") {
      if (const auto index = readChoice(member, kLostWords)) header.lost = static_cast<LostValue>(*index);
    } else {
      reportUnknownMember(member, place, name, kIdentityMembers);
    }
  });
  if (!has_from && value.report.isSound(value.path)) {
    value.refuse("must say where its value comes from: a JSON Pointer such as from: /user/id");
  }
}

}  // namespace

void readIdentity(const OptionValue& value, Config& config) {
  std::vector<IdentityHeader> headers;
  std::map<std::string, std::string> names;  // lower case → as first written
  forEachEntry(value, [&](const std::string& name, YamlPlace place, const OptionValue& entry) {
    IdentityHeader header = identityHeader(name, {});
    const auto [first, is_new] = names.emplace(lowerCase(name), name);
    if (const Complaint complaint = aboutIdentityHeaderName(name)) {
      value.report.error(place, entry.path, *complaint);
    } else if (!is_new) {
      value.report.error(place, entry.path, "is the same header as " + first->second + ": case makes no difference");
    }
    if (entry.node.kind == YamlKind::kMap) {
      readMembers(entry, header);
    } else {
      readFrom(entry, header);
    }
    headers.push_back(std::move(header));
  });
  if (headers.size() > kMaxIdentityHeaders) {
    value.refuse("must have at most " + std::to_string(kMaxIdentityHeaders) + " headers but has " +
                 std::to_string(headers.size()));
  }
  config.identity = std::move(headers);
}

std::string schemaOfIdentity() {
  return schemaOfMap(schemaOfEither({schemaOfText(), schemaOfMembers({{"from", schemaOfText()},
                                                                      {"join", schemaOfText(1, kLongestJoin)},
                                                                      {"encode", schemaOfChoice(kEncodings)},
                                                                      {"required", schemaOfFlag()},
                                                                      {"lost", schemaOfChoice(kLostWords)}},
                                                                     "from")}),
                     R"({"pattern":"^[A-Za-z]([A-Za-z0-9-]{0,62}[A-Za-z0-9])?$"})");
}

std::string writeIdentity(const Config& config) {
  if (config.identity.empty()) return " {}";
  std::string lines;
  for (const IdentityHeader& header : config.identity) {
    lines += "\n  " + writeText(header.name) + ": ";
    std::string members = "{from: " + writeText(header.from);
    const std::size_t only_from = members.size();
    const IdentityHeader usual = identityHeader(header.name, header.from);
    if (header.join != usual.join) members += ", join: " + quote(*header.join);
    if (header.encode != IdentityEncoding::kUtf8) {
      members += ", encode: " + std::string(kEncodings[static_cast<std::size_t>(header.encode)]);
    }
    if (header.required != usual.required)
      members += std::string(", required: ") + (header.required ? "true" : "false");
    if (header.lost != usual.lost)
      members += ", lost: " + std::string(kLostWords[static_cast<std::size_t>(header.lost)]);
    lines += members.size() == only_from ? writeText(header.from) : members + "}";
  }
  return lines;
}

}  // namespace sessiond
