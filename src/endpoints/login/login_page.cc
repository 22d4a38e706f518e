#include "endpoints/login/login_page.h"

#include <array>
#include <utility>

#include "base/encoding.h"
#include "base/file.h"
#include "endpoints/pages/html_page.h"
#include "endpoints/pages/page_style.h"

namespace sessiond {
namespace {

constexpr std::string_view kBody = R"html(<title>Log in</title>
</head>
<body>
<main>
<h1>Log in</h1>
<form method="post" action="{{action}}">
<p class="error" role="alert">{{error}}</p>
<input type="hidden" name="csrf" value="{{csrf}}">
<label for="user">Name</label>
<input id="user" name="user" value="{{user}}" dir="auto" required maxlength="256" autocomplete="username" autocapitalize="none" spellcheck="false" autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" required maxlength="511" autocomplete="current-password">
<button type="submit">Log in</button>
</form>
</main>
</body>
</html>
)html";

constexpr std::array<std::string_view, 5> kKnown = {"csrf", "rd", "action", "user", "error"};
constexpr std::array<std::string_view, 1> kNeeded = {"csrf"};

}  // namespace

LoginPage::LoginPage(PageTemplate page, const LoginSettings& config)
    : page_(std::move(page)),
      url_(config.url),
      policy_(contentSecurityPolicy(page_.styleHashes(), config.allowed_origins, !config.page_file.empty())) {}

Expected<LoginPage, std::vector<std::string>> LoginPage::load(const LoginSettings& config) {
  std::string html = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n";
  html.append(kPageHead).append(kBody);
  if (!config.page_file.empty()) {
    Expected<FileContents, std::string> own = readFile(config.page_file, PageTemplate::kMaxBytes);
    if (!own) return Unexpected(std::vector<std::string>{config.page_file + ": " + own.error()});
    html = std::move((*own).bytes);
  }
  auto page = PageTemplate::parse(html, kKnown, kNeeded);
  if (page) return LoginPage(*std::move(page), config);
  std::vector<std::string> problems;
  for (const std::string& problem : page.error()) problems.push_back(config.page_file + ": " + problem);
  return Unexpected(std::move(problems));
}

Response LoginPage::show(int status, const Values& values) const {
  // In the address, so that it stays there when the form comes back with an error, and the page can be loaded anew.
  const std::string action = values.rd.empty() ? url_ : url_ + "?rd=" + percentEncode(values.rd);
  const std::array<PageTemplate::Value, 5> filled = {{
      {"csrf", values.csrf},
      {"rd", values.rd},
      {"action", action},
      {"user", values.user},
      {"error", values.error},
  }};
  return htmlPage(status, page_.fill(filled), policy_);
}

}  // namespace sessiond
