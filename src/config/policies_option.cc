#include "config/policies_option.h"

#include <array>
#include <utility>

#include "config/config_schema.h"
#include "config/option_map.h"
#include "config/text_rules.h"
#include "config/units.h"

namespace sessiond {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 5> kPolicyMembers = {"require", "roles_any", "roles_all", "match",
                                                            "max_auth_age"};
constexpr std::array<std::string_view, 2> kRequire = {"session", "optional"};
constexpr DurationLimits kAuthAgeLimits = {1s, 3650 * 24h, true};
constexpr std::size_t kMaxMatches = 16;

void readMatch(const OptionValue& value, SessionPolicy& policy) {
  forEachEntry(value, [&](const std::string& pointer, YamlPlace place, const OptionValue& entry) {
    if (const Complaint complaint = aboutSessionPointer(pointer)) {
      value.report.error(place, entry.path, *complaint);
    }
    if (std::optional<std::string> json = readJsonScalar(entry)) policy.match.emplace_back(pointer, *std::move(json));
  });
  if (policy.match.size() > kMaxMatches) {
    value.refuse("must have at most " + std::to_string(kMaxMatches) + " entries but has " +
                 std::to_string(policy.match.size()));
  }
}

void readMember(const std::string& name, YamlPlace place, const OptionValue& member, SessionPolicy& policy) {
  if (name == "require") {
    if (const auto index = readChoice(member, kRequire)) policy.require_session = *index == 0;
  } else if (name == "roles_any") {
    if (auto roles = readTextList(member)) policy.roles_any = *std::move(roles);
  } else if (name == "roles_all") {
    if (auto roles = readTextList(member)) policy.roles_all = *std::move(roles);
  } else if (name == "match") {
    readMatch(member, policy);
  } else if (name == "max_auth_age") {
    if (const auto age = readSeconds(member, kAuthAgeLimits)) policy.max_auth_age = *age;
  } else {
    reportUnknownMember(member, place, name, kPolicyMembers);
  }
}

std::string writeMatch(const SessionPolicy& policy) {
  std::string map = "{";
  for (const auto& [pointer, json] : policy.match) {
    map += (map.size() > 1 ? ", " : "") + quote(pointer) + ": " + json;
  }
  return map + "}";
}

}  // namespace

void readPolicies(const OptionValue& value, Config& config) {
  std::vector<SessionPolicy> policies;
  forEachEntry(value, [&](const std::string& name, YamlPlace name_place, const OptionValue& entry) {
    SessionPolicy policy{.name = name};
    if (const Complaint complaint = aboutPolicyName(name)) value.report.error(name_place, entry.path, *complaint);
    forEachEntry(entry, [&](const std::string& member_name, YamlPlace member_place, const OptionValue& member) {
      readMember(member_name, member_place, member, policy);
    });
    policies.push_back(std::move(policy));
  });
  config.policies = std::move(policies);
}

std::string schemaOfPolicies() {
  return schemaOfMap(schemaOfMembers({{"require", schemaOfChoice(kRequire)},
                                      {"roles_any", schemaOfTexts()},
                                      {"roles_all", schemaOfTexts()},
                                      {"match", schemaOfMap(R"({"type":["string","number","boolean"]})")},
                                      {"max_auth_age", schemaOfDuration()}}),
                     R"({"pattern":"^[a-z0-9_-]{1,64}$","not":{"const":"unnamed"}})");
}

std::string writePolicies(const Config& config) {
  std::string lines;
  for (const SessionPolicy& policy : config.policies) {
    lines += "\n  " + writeText(policy.name) + ":";
    lines += "\n    require: " + std::string(kRequire[policy.require_session ? 0 : 1]);
    lines += "\n    roles_any: " + writeTextList(policy.roles_any);
    lines += "\n    roles_all: " + writeTextList(policy.roles_all);
    lines += "\n    match: " + writeMatch(policy);
    lines += "\n    max_auth_age: " + formatDuration(policy.max_auth_age);
  }
  return lines;
}

}  // namespace sessiond
