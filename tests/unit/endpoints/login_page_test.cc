#include "endpoints/login/login_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "unit/endpoints/endpoint_fixture.h"

namespace sessiond {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class LoginPageTest : public testing::Test {
 protected:
  LoginPageTest() { config_.page_file = testing::TempDir() + "login-page-" + std::to_string(::getpid()) + ".html"; }
  ~LoginPageTest() override { std::remove(config_.page_file.c_str()); }
  std::vector<std::string> problemsOf(const std::string& html) {
    std::ofstream(config_.page_file) << html;
    const auto page = LoginPage::load(config_);
    return page ? std::vector<std::string>() : page.error();
  }

  LoginSettings config_;
};

TEST_F(LoginPageTest, TheBuiltInPageCanBeUsedByEverybody) {
  config_.page_file.clear();
  const auto page = LoginPage::load(config_);
  ASSERT_TRUE(page);
  const std::string body = page->show(200, {.csrf = "T", .rd = "/a", .user = "ada", .error = "No."}).body;
  for (const char* part :
       {"<html lang=\"en\">", "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">",
        "<title>Log in</title>", "<label for=\"user\">Name</label>", "<label for=\"password\">Password</label>",
        "id=\"user\" name=\"user\" value=\"ada\"", "autocomplete=\"username\"", "autocomplete=\"current-password\"",
        "type=\"password\"", "role=\"alert\">No.</p>", "name=\"csrf\" value=\"T\"", "action=\"/login?rd=%2Fa\""})
    EXPECT_THAT(body, HasSubstr(part));
  EXPECT_EQ(body.find("<script"), std::string::npos);
  EXPECT_EQ(body.find("{{"), std::string::npos);
}

TEST_F(LoginPageTest, ASitesOwnPageTakesItsPlace) {
  config_.url = "/sso/login";
  config_.allowed_origins = {"https://app.example"};
  ASSERT_THAT(problemsOf("<p>{{error}}</p>{{action}} {{user}} {{csrf}} {{rd}}"), ElementsAre());
  const auto page = LoginPage::load(config_);
  const Response response = page->show(401, {.csrf = "T", .rd = "/a?b&c", .user = "<ada>", .error = "No."});
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(response.body, "<p>No.</p>/sso/login?rd=%2Fa%3Fb%26c &lt;ada&gt; T /a?b&amp;c");
  EXPECT_EQ(header(response, "Content-Security-Policy"),
            "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'self' "
            "https://app.example; base-uri 'none'; frame-ancestors 'none'");
}

TEST_F(LoginPageTest, AFileThatIsNoPageIsAProblem) {
  const std::string& file = config_.page_file;
  EXPECT_THAT(problemsOf("<p>{{rdd}}"),
              ElementsAre(file + ": unknown placeholder {{rdd}}", file + ": placeholder {{csrf}} is missing"));
  EXPECT_THAT(problemsOf(std::string(256 * 1024 + 1, 'x')), ElementsAre(file + ": is larger than 262144 bytes"));
  std::remove(file.c_str());
  EXPECT_THAT(LoginPage::load(config_).error(), ElementsAre(file + ": no such file or directory"));
}

}  // namespace
}  // namespace sessiond
