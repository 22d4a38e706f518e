#include "sessionctl/secret_file_line.h"

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

}  // namespace

std::optional<std::string> withFirstSecret(std::string_view yaml, std::string_view file) {
  std::size_t found = 0;
  for (std::size_t at = yaml.find(kOption); at != std::string_view::npos; at = yaml.find(kOption, at + 1)) {
    if (isComment(yaml, at)) continue;
    const std::size_t inside = insideList(yaml, at);
    if (inside == 0 || found != 0) return std::nullopt;
    found = inside;
  }
  if (found == 0) return std::nullopt;
  const std::string_view rest = yaml.substr(found);
  const std::size_t first = rest.find_first_not_of(" \n\r\t");
  const bool is_empty = first != std::string_view::npos && rest[first] == ']';
  return std::string(yaml.substr(0, found)) + jsonString(file) + (is_empty ? "" : ", ") + std::string(rest);
}

std::string secretFilesLine(std::string_view file, const std::vector<std::string>& others) {
  std::string line = "  secret_files: [" + std::string(file);
  for (const std::string& other : others) line += ", " + other;
  return line + "]";
}

}  // namespace sessiond::ctl
