#include "login/htpasswd_parser.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/encoding.h"
#include "login/password_hash.h"

namespace sessiond {
namespace {

using Problem = std::optional<std::string>;

std::string quoted(std::string_view text) {
  return '"' + escapeForLog(text) + '"';
}

bool isControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// Cuts off and returns what stands before the next `separator`; all of it, and `more` false, when there is none.
std::string_view takeField(std::string_view& rest, char separator, bool& more) {
  const std::size_t end = rest.find(separator);
  more = end != std::string_view::npos;
  const std::string_view field = rest.substr(0, end);
  rest.remove_prefix(more ? end + 1 : rest.size());
  return field;
}

Problem readRoles(std::string_view text, std::vector<std::string>& roles) {
  for (bool more = !text.empty(); more;) {
    const std::string_view role = takeField(text, ',', more);
    if (role.empty()) return "roles holds an empty role";
    roles.emplace_back(role);
  }
  return std::nullopt;
}

Problem readMember(std::string_view member, UserFields& fields, std::vector<std::string_view>& seen) {
  const std::size_t equals = member.find('=');
  if (equals == std::string_view::npos)
    return "third field must be name=value members parted by ; but holds " + quoted(member);
  const std::string_view name = member.substr(0, equals);
  const std::string_view value = member.substr(equals + 1);
  if (std::find(seen.begin(), seen.end(), name) != seen.end()) return std::string(name) + " is given twice";
  seen.push_back(name);
  if (name == "roles") return readRoles(value, fields.roles);
  std::string* const target = name == "id"      ? &fields.id
                              : name == "name"  ? &fields.name
                              : name == "email" ? &fields.email
                                                : nullptr;
  if (target == nullptr) return "unknown member " + quoted(name) + " (known are id, name, email, roles)";
  if (value.empty()) return std::string(name) + " is empty";
  *target = value;
  return std::nullopt;
}

Problem readMembers(std::string_view text, UserFields& fields) {
  std::vector<std::string_view> seen;
  for (bool more = true; more;) {
    if (Problem problem = readMember(takeField(text, ';', more), fields, seen)) return problem;
  }
  return std::nullopt;
}

Problem readLine(std::string_view line, HtpasswdLine& user) {
  if (!isValidUtf8(line)) return "line is not UTF-8";
  if (std::any_of(line.begin(), line.end(), isControl)) return "line holds a control character";
  bool more = false;
  const std::string_view login = takeField(line, ':', more);
  if (!more) return "line must be name:hash but has no colon";
  if (!isValidUserName(login))
    return "name must be 1 to " + std::to_string(kMaxUserNameBytes) + " bytes but is " + std::to_string(login.size());
  const std::string_view hash = takeField(line, ':', more);
  if (Problem problem = explainUnusableHash(hash)) return "user " + quoted(login) + ": " + *problem;
  UserFields fields{.id = std::string(login), .name = std::string(login), .email = {}, .roles = {}};
  if (more) {
    if (Problem problem = readMembers(line, fields)) return "user " + quoted(login) + ": " + *problem;
  }
  user = {.login = std::string(login), .entry = {.password_hash = std::string(hash), .user = makeUser(fields)}};
  return std::nullopt;
}

}  // namespace

HtpasswdContent parseHtpasswd(std::string_view text, std::string_view file) {
  HtpasswdContent content;
  std::map<std::string, std::size_t> first_lines;
  const auto report = [&](std::size_t line_number, const std::string& problem) {
    content.problems.push_back(std::string(file) + ":" + std::to_string(line_number) + ": " + problem);
  };
  std::size_t line_number = 0;
  for (bool more = !text.empty(); more;) {
    std::string_view line = takeField(text, '\n', more);
    ++line_number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    HtpasswdLine user;
    if (const Problem problem = readLine(line, user)) {
      report(line_number, *problem);
      continue;
    }
    const auto [first, fresh] = first_lines.emplace(user.login, line_number);
    if (!fresh) {
      report(line_number, "user " + quoted(user.login) + " is already on line " + std::to_string(first->second));
      continue;
    }
    content.users.push_back(std::move(user));
  }
  std::sort(content.users.begin(), content.users.end(),
            [](const HtpasswdLine& left, const HtpasswdLine& right) { return left.login < right.login; });
  return content;
}

}  // namespace sessiond
