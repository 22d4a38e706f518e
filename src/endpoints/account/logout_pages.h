// The pages of the logout's address: asks, says that it is done, or why it is not.

#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "endpoints/pages/page_book.h"
#include "endpoints/visitor.h"
#include "http/request.h"
#include "http/response.h"
#include "session/cookie_settings.h"

namespace sessiond {

/// Immutable and thread-safe. The book must outlive it.
class LogoutPages {
 public:
  LogoutPages(const PageBook& pages, VisitorFinder visitors, SecureOption secure)
      : pages_(pages), visitors_(std::move(visitors)), secure_(secure) {}

  /// To somebody who is logged in, or may be: the page that asks. Its form goes to the address it was shown at, query
  /// included (`rd`), but what ends is said by the button alone. To nobody: that there is nothing to end, and after a
  /// logout (done_note.h) what has ended.
  Response ask(const Request& request) const;
  /// In its place when there is no time to ask.
  Response askLater(const Request& request) const;
  /// 503: the session lives on; a form tries again. `message` is a key of the pages' texts.
  Response unavailable(const Request& request, std::string_view message, bool all, std::string_view rd) const;
  /// `message` is a key of the pages' texts.
  Response refuse(const Request& request, int status, std::string_view message) const;

 private:
  const PageBook& pages_;
  const VisitorFinder visitors_;
  const SecureOption secure_;
};

}  // namespace sessiond
