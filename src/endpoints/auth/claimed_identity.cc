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

std::uint64_t sizeBit(std::string_view name) {
  return std::uint64_t{1} << (name.size() % 64);
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
    sizes_ |= sizeBit(name);
    const std::size_t end = rest.find("\r\n");
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
  }
}

std::optional<std::string_view> ClaimedIdentity::findIn(const Request& request) const {
  for (const Param& param : request.params) {
    if (param.value.empty() || !param.name.starts_with(kPrefix)) continue;
    if (isOurs(param.name.substr(kPrefix.size()))) return param.name;
  }
  return std::nullopt;
}

bool ClaimedIdentity::isOurs(std::string_view sent) const {
  return (sizes_ & sizeBit(sent)) != 0 &&
         std::ranges::any_of(names_, [sent](const std::string& name) { return isSameName(sent, name); });
}

}  // namespace sessiond
