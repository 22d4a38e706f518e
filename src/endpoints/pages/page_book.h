// PageBook: all pages that sessiond shows to people, in all its languages, ready to be filled.
//
// Every page comes from one template: the built-in one, or a file of the site's own in pages.folder. The login page's
// may also be named by login.page_file. In the folder, messages/de.yaml puts single texts over the shipped ones, or
// brings a language that sessiond does not have.
//
// A page of one's own has what every page has (kCommonNames) and its own names (builtin_pages.cc); the login page:
//   {{csrf}}    value of the hidden field `csrf`; needed
//   {{action}}  where the form is sent by POST: login.url, with where to go afterwards as its `rd`
//   {{rd}}      where to go afterwards, for a form that is sent to login.url without it: a hidden field `rd`
//   {{user}}    the name that was typed before
//   {{error}}   what went wrong; empty at first
// The form's other fields are `user` and `password`. Style sheets, pictures and fonts may come from the same site;
// scripts do not run, but for the built-in one where {{> script}} stands.

#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "endpoints/pages/builtin_pages.h"
#include "endpoints/pages/messages.h"
#include "endpoints/pages/page_problem.h"
#include "endpoints/pages/page_template.h"
#include "endpoints/pages/page_values.h"
#include "endpoints/pages/pages_settings.h"
#include "http/request.h"
#include "http/response.h"
#include "login/login_settings.h"

namespace sessiond {

/// Immutable and thread-safe.
class PageBook {
 public:
  /// Where nginx's snippets serve the logout and the list of sessions.
  static constexpr std::string_view kLogoutUrl = "/logout";
  static constexpr std::string_view kSessionsUrl = "/sessions";
  /// Each address of these snippets' own; the login's is login.url.
  static constexpr std::array kOwnUrls = {kLogoutUrl, kSessionsUrl};

  /// Reads and checks all files; the error is every problem. Keeps what it needs of `login`.
  static Expected<PageBook, std::vector<PageProblem>> read(const PagesSettings& settings, const LoginSettings& login);

  /// The page as a complete answer, in the language that the request asks for.
  Response show(PageName name, int status, PageValues values, const Request& request) const;

  /// The page's HTML in one of languages(), for a file that stands alone, its policy in itself.
  std::string standalone(PageName name, PageValues values, std::string_view language) const;
  /// The languages that it can be in; the first is for who asks for none of them.
  std::vector<std::string> languages() const;
  /// What is not wrong, but hardly meant.
  const std::vector<PageProblem>& warnings() const { return warnings_; }

  const std::string& loginUrl() const { return login_url_; }

 private:
  struct Leaf {
    PageTemplate page;
    std::string policy;
    std::string policy_alone;  ///< as far as a page can say it itself (standalone)
  };
  struct Reader;

  PageBook(PagesSettings settings, std::string login_url)
      : settings_(std::move(settings)), login_url_(std::move(login_url)) {}

  const Messages& languageFor(const Request& request) const;
  std::string fill(PageName name, PageValues& values, const Messages& messages) const;

  PagesSettings settings_;
  std::string login_url_;
  std::string logo_;
  std::string logo_dark_;
  std::vector<PageProblem> warnings_;
  Messages::Texts english_;  ///< whose keys are all there are
  std::vector<Messages> languages_;
  std::vector<std::string> language_names_;
  std::size_t fallback_ = 0;
  std::vector<Leaf> leaves_;  ///< by PageName
};

}  // namespace sessiond
