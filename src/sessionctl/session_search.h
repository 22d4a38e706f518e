// SessionSearch: sessions as an administrator looks for them: of a user, by handle, or all that there are.

#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "session/session_list.h"
#include "sessionctl/redis_site.h"

namespace sessiond::ctl {

/// Waits for Redis.
class SessionSearch {
 public:
  /// Given each page; the answer says whether to go on.
  using Visit = std::function<bool(std::span<const SessionId>)>;

  /// `site` must outlive it.
  explicit SessionSearch(RedisSite& site) : site_(site) {}

  /// Every session's id, known or not, by looking at every key. Some may come twice, but for those of one page.
  Expected<void, StoreError> scan(const Visit& visit);

  /// The user's: those that the index names, and with `scan` those that no check has seen as well.
  Expected<std::vector<ListedSession>, StoreError> ofUser(const std::string& user_id, bool scan);
  /// All that are somebody's; with `anonymous` nobody's too.
  Expected<std::vector<ListedSession>, StoreError> all(bool anonymous);
  /// In the order of the handles, of whichever secret they are; absent: there is none. `user_id` absent: anybody's, by
  /// looking at every key.
  Expected<std::vector<std::optional<ListedSession>>, StoreError> named(const std::vector<std::string>& wanted,
                                                                        const std::optional<std::string>& user_id);

 private:
  RedisSite& site_;
};

}  // namespace sessiond::ctl
