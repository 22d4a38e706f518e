#include "redis/acl_rule.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "redis/key_pattern.h"

namespace sessiond {
namespace {

/// Of them, to allow one is not to allow all: CLUSTER RESET, CLIENT KILL.
bool hasSubcommands(std::string_view command) {
  return command == "CLUSTER" || command == "CLIENT";
}

/// What no rule may hold, or would be read otherwise from the file that keeps it, any byte stands for.
std::string asWord(std::string pattern) {
  for (char& byte : pattern) {
    const auto value = static_cast<unsigned char>(byte);
    if (value <= ' ' || value == 0x7f || byte == '"' || byte == '\'') byte = '?';
  }
  return pattern;
}

}  // namespace

std::string aclRuleFor(const MissingRight& right) {
  const std::size_t space = std::min(right.name.find(' '), right.name.size());
  const std::string command = right.name.substr(0, space);
  const std::string_view rest = std::string_view(right.name).substr(std::min(space + 1, right.name.size()));
  if (right.kind != MissingRight::Kind::kPlace) {
    const std::string word(rest.substr(0, rest.find(' ')));
    return "+" + lowerCase(hasSubcommands(command) ? command + "|" + word : command);
  }
  if (command == "SUBSCRIBE") return "&" + std::string(rest);
  return "~" + asWord(keyPattern(rest.substr(0, rest.find_last_of('*'))));
}

std::vector<std::string> aclRulesFor(const std::vector<MissingRight>& rights) {
  std::vector<std::string> rules;
  for (const MissingRight& right : rights) {
    if (right.kind == MissingRight::Kind::kUnknown) continue;
    std::string rule = aclRuleFor(right);
    if (std::ranges::find(rules, rule) == rules.end()) rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace sessiond
