// ClaimedIdentity: does a request itself say who it is, in a header that belongs to sessiond?
//
// Where a location lacks the snippet that overwrites these headers, nginx hands the client's own on to the application.
// The check of such a location gets all of the client's headers (SESSIOND_CLAIMS) and refuses a request that has one of
// them: in any spelling that an application could take for ours, because CGI, WSGI, Rack and PHP tell `X-User-Id`,
// `X_User_Id` and `x.user.id` apart no longer.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/header_block.h"
#include "http/request.h"

namespace sessiond {

/// Immutable and thread-safe.
class ClaimedIdentity {
 public:
  /// `identity` has a line for every identity header; their values do not matter.
  explicit ClaimedIdentity(HeaderLines identity);

  /// The first parameter (`HTTP_X_USER_ID`) that claims an identity and is not empty; nullopt when none does.
  std::optional<std::string_view> findIn(const Request& request) const;

 private:
  bool isOurs(std::string_view sent) const;

  std::vector<std::string> names_;  ///< as CGI has them: X_USER_ID
  // Every check asks of each of the client's headers, few of which are as long as one of these.
  std::uint64_t sizes_ = 0;  ///< bit n: there is one of n bytes, modulo 64
};

}  // namespace sessiond
