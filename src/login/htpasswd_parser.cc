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

std::string inQuotes(std::string_view text) {
  return '"' + escapeForLog(text) + '"';
}

/// Cuts off and returns what stands before the next `separator`; all of it, and `more` false, when there is none.
std::string_view takeField(std::string_view& rest, char separator, bool& more) {
  const std::size_t end = rest.find(separator);
  more = end != std::string_view::npos;
  const std::string_view field = rest.substr(0, end);
  rest.remove_prefix(more ? end + 1 : rest.size());
  return field;
}

/// A slip: a login looks names up without it, and no identity header carries it (session/identity_value.h).
Problem spaceAround(std::string_view what, std::string_view text) {
  if (trimUserName(text) == text) return std::nullopt;
  return std::string(what) + " " + inQuotes(text) + " has white space around it";
}

Problem readRoles(std::string_view text, std::vector<std::string>& roles) {
  for (bool more = !text.empty(); more;) {
    const std::string_view role = takeField(text, ',', more);
    if (role.empty()) return "roles holds an empty role";
    if (Problem problem = spaceAround("role", role)) return problem;
    roles.emplace_back(role);
  }
  return std::nullopt;
}

Problem readMember(std::string_view member, UserFields& fields, std::vector<std::string_view>& seen) {
  const std::size_t equals = member.find('=');
  if (equals == std::string_view::npos)
    return "third field must be name=value members parted by ; but holds " + inQuotes(member);
  const std::string_view name = member.substr(0, equals);
  const std::string_view value = member.substr(equals + 1);
  if (std::find(seen.begin(), seen.end(), name) != seen.end()) return std::string(name) + " is given twice";
  seen.push_back(name);
  if (name == "roles") return readRoles(value, fields.roles);
  std::string* const target = name == "id"      ? &fields.id
                              : name == "name"  ? &fields.name
                              : name == "email" ? &fields.email
                                                : nullptr;
  if (target == nullptr) return "unknown member " + inQuotes(name) + " (known are id, name, email, roles)";
  if (value.empty()) return std::string(name) + " is empty";
  *target = value;
  return spaceAround(name, value);
}

Problem readMembers(std::string_view text, UserFields& fields) {
  std::vector<std::string_view> seen;
  for (bool more = true; more;) {
    if (Problem problem = readMember(takeField(text, ';', more), fields, seen)) return problem;
  }
  return std::nullopt;
}

/// What is wrong with the text of a name. `canonical`: what it is a spelling of, if it can be somebody's.
Problem flawOf(std::string_view name, const std::optional<std::string>& canonical) {
  if (name.empty() || name.size() > kMaxUserNameBytes)
    return "name must be 1 to " + std::to_string(kMaxUserNameBytes) + " bytes but is " + std::to_string(name.size());
  if (!isValidUtf8(name)) return "name is not UTF-8";
  if (hasControls(name)) return "name holds a control character";
  if (Problem problem = spaceAround("name", name)) return problem;
  if (!canonical) return "name " + inQuotes(name) + " is too long in Unicode's normal form";
  return std::nullopt;
}

/// The user's name, canonical. It is told of a bad spelling as well: a login with this name is meant by the line.
Problem readName(std::string_view name, NameCase name_case, std::string& login) {
  const std::optional<std::string> canonical = canonicalUserName(name, name_case);
  if (canonical) login = *canonical;
  return flawOf(name, canonical);
}

/// What stands behind the name.
Problem readEntry(std::string_view rest, std::string_view name, UserEntry& entry) {
  if (!isValidUtf8(rest)) return "line is not UTF-8";
  if (hasControls(rest)) return "line holds a control character";
  bool more = false;
  entry.password_hash = takeField(rest, ':', more);
  entry.locked = isLockedHash(entry.password_hash);
  if (!entry.locked) {
    if (const Problem problem = explainUnusableHash(entry.password_hash))
      return *problem + "; make it anew: htpasswd -B FILE NAME";
  }
  UserFields fields{.id = std::string(name), .name = std::string(name), .email = {}, .roles = {}};
  if (more) {
    if (Problem problem = readMembers(rest, fields)) return problem;
  }
  entry.user = makeUser(fields);
  return std::nullopt;
}

/// A line that names nobody leaves `user.login` empty.
Problem readLine(std::string_view line, NameCase name_case, HtpasswdLine& user) {
  bool more = false;
  const std::string_view name = takeField(line, ':', more);
  if (!more) return "line must be name:hash but has no colon";
  if (Problem problem = readName(name, name_case, user.login)) return problem;
  Problem problem = readEntry(line, name, user.entry);
  if (!problem) return std::nullopt;
  return "user " + inQuotes(name) + ": " + *problem;
}

std::string_view withoutByteOrderMark(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return text;
}

bool isSkipped(std::string_view line) {
  const std::size_t start = line.find_first_not_of(" \t");
  return start == std::string_view::npos || line[start] == '#';
}

}  // namespace

HtpasswdContent parseHtpasswd(std::string_view text, std::string_view file, NameCase name_case) {
  HtpasswdContent content;
  std::map<std::string, std::size_t> first_lines;
  const auto placed = [&](std::size_t line_number, const std::string& problem) {
    return std::string(file) + ":" + std::to_string(line_number) + ": " + problem;
  };
  text = withoutByteOrderMark(text);
  std::size_t line_number = 0;
  for (bool more = !text.empty(); more;) {
    std::string_view line = takeField(text, '\n', more);
    ++line_number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (isSkipped(line)) continue;
    HtpasswdLine user;
    if (const Problem problem = readLine(line, name_case, user)) {
      content.problems.push_back(placed(line_number, *problem));
      user.entry = {.damage = placed(line_number, "the line is bad")};  // the problem may hold the name
    }
    if (user.login.empty()) continue;
    const auto [first, fresh] = first_lines.emplace(user.login, line_number);
    if (fresh) {
      content.users.push_back(std::move(user));
    } else {
      content.problems.push_back(
          placed(line_number, "user " + inQuotes(user.login) + " is already on line " + std::to_string(first->second)));
    }
  }
  std::sort(content.users.begin(), content.users.end(),
            [](const HtpasswdLine& left, const HtpasswdLine& right) { return left.login < right.login; });
  return content;
}

}  // namespace sessiond
