#include "sessionctl/secret_file_line.h"

#include <algorithm>

#include "sessionctl/output.h"

namespace sessiond::ctl {
namespace {

constexpr std::string_view kOption = "secret_files";

/// Is this place in a comment?
bool isComment(std::string_view yaml, std::size_t at) {
  const std::size_t line = yaml.rfind('\n', at) + 1;  // npos + 1 is 0
  return yaml.substr(line, at - line).find('#') != std::string_view::npos;
}

/// Behind the bracket that opens the list of the option named at `at`; 0: no bracket follows on that line.
std::size_t insideList(std::string_view yaml, std::size_t at) {
  std::size_t next = at + kOption.size();
  if (next < yaml.size() && yaml[next] == '"') ++next;
  const auto skipBlanks = [&] {
    while (next < yaml.size() && yaml[next] == ' ') ++next;
  };
  skipBlanks();
  if (next >= yaml.size() || yaml[next] != ':') return 0;
  ++next;
  skipBlanks();
  return next < yaml.size() && yaml[next] == '[' ? next + 1 : 0;
}

/// Without a list so far: the line below `session:`, or that section at the end. nullopt: it is written in braces.
std::optional<std::string> withList(std::string_view yaml, const std::string& line) {
  constexpr std::string_view kSection = "session:";
  std::size_t section = 0;
  while (section < yaml.size() && !yaml.substr(section).starts_with(kSection))
    section = std::min(yaml.find('\n', section), yaml.size() - 1) + 1;
  const std::string text(yaml);
  const std::string before = text.empty() || text.ends_with('\n') ? text : text + "\n";
  if (section >= yaml.size()) return before + "\n" + std::string(kSection) + "\n  " + line + "\n";
  const std::size_t behind = section + kSection.size();
  const std::size_t end = std::min(yaml.find('\n', behind), yaml.size());
  const std::size_t value = yaml.find_first_not_of(" \r", behind);
  if (value < end && yaml[value] != '#') return std::nullopt;
  // As far to the right as what stands there already.
  std::size_t next = std::min(end + 1, before.size());
  std::size_t first = before.find_first_not_of(' ', next);
  while (first < before.size() && (before[first] == '\n' || before[first] == '#')) {
    next = std::min(before.find('\n', first), before.size() - 1) + 1;
    first = before.find_first_not_of(' ', next);
  }
  const std::size_t indent = first < before.size() && first > next ? first - next : 2;
  return before.substr(0, end + 1) + std::string(indent, ' ') + line + "\n" + before.substr(end + 1);
}

}  // namespace

std::optional<std::string> withFirstSecret(std::string_view yaml, std::string_view file,
                                           const std::vector<std::string>& others) {
  std::size_t found = 0;
  for (std::size_t at = yaml.find(kOption); at != std::string_view::npos; at = yaml.find(kOption, at + 1)) {
    if (isComment(yaml, at)) continue;
    const std::size_t inside = insideList(yaml, at);
    if (inside == 0 || found != 0) return std::nullopt;
    found = inside;
  }
  if (found == 0) return withList(yaml, secretFilesLine(file, others));
  const std::string_view rest = yaml.substr(found);
  const std::size_t first = rest.find_first_not_of(" \n\r\t");
  const bool is_empty = first != std::string_view::npos && rest[first] == ']';
  return std::string(yaml.substr(0, found)) + jsonString(file) + (is_empty ? "" : ", ") + std::string(rest);
}

std::string secretFilesLine(std::string_view file, const std::vector<std::string>& others) {
  std::string line = "secret_files: [" + jsonString(file);
  for (const std::string& other : others) line += ", " + jsonString(other);
  return line + "]";
}

}  // namespace sessiond::ctl
