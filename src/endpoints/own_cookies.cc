#include "endpoints/own_cookies.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

namespace sessiond {

std::vector<CookieAttributes> storedCookies(const SessionFinder& finder, std::span<const SessionId> ids) {
  std::vector<SessionLoad> loads;
  for (const SessionId& id : ids) loads.push_back({.id = &id});
  std::vector<CookieAttributes> cookies;
  if (!finder.areSessions(loads)) return cookies;
  for (const SessionLoad& load : loads) {
    if (!load.result || load.result->revoked || !load.result->json) continue;
    const OpenSession session{.id = *load.id, .json = std::string(*load.result->json)};
    if (const auto record = finder.read(session)) cookies.push_back((*record).cookie.attributes);
  }
  return cookies;
}

void clearOwnCookies(const SetCookie& configured, std::span<const CookieAttributes> ended, Response& response) {
  std::vector<std::pair<std::string, std::string>> cleared = {{configured.domain, configured.path}};
  for (const CookieAttributes& cookie : ended) {
    if (!cookie.sendable) continue;
    const std::pair place(cookie.domain, cookie.path);
    if (std::ranges::find(cleared, place) != cleared.end()) continue;
    SetCookie own = configured;
    std::tie(own.domain, own.path) = place;
    if (!isValid(own)) continue;
    response.add("Set-Cookie", render(expired(own)));
    cleared.push_back(place);
  }
}

}  // namespace sessiond
