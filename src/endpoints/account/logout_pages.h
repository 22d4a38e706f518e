// The pages of the logout's address: asks, says that it is done, or why it is not.

#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "endpoints/pages/page_book.h"
#include "http/request.h"
#include "http/response.h"
#include "json/json_pointer.h"
#include "session/session_finder.h"

namespace sessiond {

/// Immutable and thread-safe. Both must outlive it.
class LogoutPages {
 public:
  LogoutPages(const PageBook& pages, const SessionFinder& finder, JsonPointer user_at)
      : pages_(pages), finder_(finder), user_at_(std::move(user_at)) {}

  /// To somebody who is logged in, or may be: the page that asks. Its form goes to the address it was shown at, query
  /// included (`rd`, `all`). To nobody: that there is nothing to end, and after a logout (`done`) what has ended.
  Response ask(const Request& request) const;
  /// In its place when there is no time to ask.
  Response askLater(const Request& request) const;
  /// 503: the session lives on; a form tries again. `message` is a key of the pages' texts.
  Response unavailable(const Request& request, std::string_view message, bool all, std::string_view rd) const;
  /// Where a logout leads that is to lead nowhere else: its own address, which then says what was done.
  std::string loggedOutAddress(bool everywhere) const;
  /// `message` is a key of the pages' texts.
  Response refuse(const Request& request, int status, std::string_view message) const;

 private:
  const PageBook& pages_;
  const SessionFinder& finder_;
  const JsonPointer user_at_;
};

}  // namespace sessiond
