#include "endpoints/auth/claimed_identity.h"

#include <algorithm>

namespace sessiond {
namespace {

constexpr std::string_view kPrefix = "HTTP_";

/// The letter or digit in upper case; `_` for everything else.
char cgiCharacter(char c) {
  if (c >= 'a' && c <= 'z') return static_cast<char>(c - 'a' + 'A');
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
}

bool isSameName(std::string_view sent, std::string_view cgi_name) {
  return std::equal(sent.begin(), sent.end(), cgi_name.begin(), cgi_name.end(),
                    [](char a, char b) { return cgiCharacter(a) == b; });
}

}  // namespace

ClaimedIdentity::ClaimedIdentity(HeaderLines identity) {
  std::string_view rest = identity.text();
  while (!rest.empty()) {
    std::string& name = names_.emplace_back(rest.substr(0, rest.find(':')));
    std::transform(name.begin(), name.end(), name.begin(), cgiCharacter);
    const std::size_t end = rest.find("\r\n");
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
  }
}

std::optional<std::string_view> ClaimedIdentity::findIn(const Request& request) const {
  for (const Param& param : request.params) {
    if (param.value.empty() || !param.name.starts_with(kPrefix)) continue;
    const std::string_view sent = param.name.substr(kPrefix.size());
    if (std::any_of(names_.begin(), names_.end(), [sent](const std::string& name) { return isSameName(sent, name); })) {
      return param.name;
    }
  }
  return std::nullopt;
}

}  // namespace sessiond
