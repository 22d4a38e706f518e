#include "endpoints/account/logout_page.h"

#include <string_view>
#include <utility>

#include "base/check.h"
#include "endpoints/pages/html_page.h"
#include "endpoints/pages/page_style.h"
#include "endpoints/pages/page_template.h"

namespace sessiond {
namespace {

constexpr std::string_view kBody = R"html(<title>Log out</title>
</head>
<body>
<main>
<h1>Log out?</h1>
<p>You can end the session in this browser, or all of your sessions everywhere.</p>
<form method="post">
<button type="submit">Log out</button>
<button type="submit" class="quiet" name="all" value="1">Log out everywhere</button>
</form>
</main>
</body>
</html>
)html";

}  // namespace

Response logoutPage(std::span<const std::string> origins) {
  std::string html = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n";
  html.append(kPageHead).append(kBody);
  const auto page = PageTemplate::parse(html, {}, {});
  SESSIOND_CHECK(page.hasValue());
  return htmlPage(200, std::move(html), contentSecurityPolicy((*page).styleHashes(), origins, false));
}

}  // namespace sessiond
