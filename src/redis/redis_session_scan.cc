#include "redis/redis_session_scan.h"

#include <set>
#include <string>
#include <utility>

#include "redis/key_scan.h"

namespace sessiond {

static_assert(SessionScan::kEnd == KeyScan::kEnd);

Expected<SessionScan::Page, StoreError> RedisSessionScan::page(std::string_view from) {
  KeyScan scan(client_, keys_.sessions(), from);
  const auto found = scan.next();
  if (!found) return Unexpected(found.error());
  passed_ += scan.passed();
  std::set<SessionId> ids;  // a page may name a key twice
  const std::string own = keys_.own("");
  for (const std::string& key : **found) {
    if (key.starts_with(own)) continue;  // where the sessions' prefix is the beginning of ours
    if (auto id = SessionId::fromBytes(std::string_view(key).substr(keys_.sessions().size()))) {
      ids.insert(*std::move(id));
    }
  }
  return Page{.ids = {ids.begin(), ids.end()}, .next = scan.cursor()};
}

std::optional<std::uint64_t> RedisSessionScan::all() {
  return KeyScan(client_, keys_.sessions()).all();
}

}  // namespace sessiond
