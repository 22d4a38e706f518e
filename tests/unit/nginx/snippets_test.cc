#include "nginx/snippets.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "nginx/lint.h"

namespace sessiond::nginx {
namespace {

std::vector<SourceFile> shippedFiles() {
  std::vector<SourceFile> files;
  for (const auto& entry : std::filesystem::directory_iterator("nginx")) {
    if (entry.path().extension() != ".conf") continue;
    std::ifstream file(entry.path());
    files.push_back(
        {entry.path().filename(), {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()}});
  }
  return files;
}

std::string textIn(const std::vector<SourceFile>& files, const std::string& name) {
  const auto file =
      std::find_if(files.begin(), files.end(), [&name](const SourceFile& each) { return each.path == name; });
  return file == files.end() ? "" : file->text;
}

/// Those that the shipped files are written for.
SnippetSettings defaultSettings() {
  return {.socket = "/run/sessiond/sessiond.sock",
          .login_url = "/login",
          .cookie = "connect.sid",
          .identity = {"X-User-Id", "X-User-Name", "X-User-Email", "X-User-Roles"},
          .policies = {"default"}};
}

SnippetSettings otherSettings() {
  return {.socket = "127.0.0.1:9000",
          .login_url = "/sign-in",
          .cookie = "app.sid",
          .identity = {"X-User-Id", "X-Department"},
          .policies = {"default", "admin"}};
}

std::vector<SourceFile> otherFiles() {
  return printSnippets(shippedFiles(), defaultSettings(), otherSettings());
}

TEST(NginxSnippets, TheShippedOnesAreThoseOfTheDefaults) {
  const std::vector<SourceFile> shipped = shippedFiles();
  EXPECT_GE(shipped.size(), 18U) << "run from the top of the source tree";
  const std::vector<SourceFile> printed = printSnippets(shipped, defaultSettings(), defaultSettings());
  ASSERT_EQ(printed.size(), shipped.size());
  for (std::size_t i = 0; i < shipped.size(); ++i) EXPECT_EQ(printed[i].text, shipped[i].text) << shipped[i].path;
}

TEST(NginxSnippets, EveryLineThatDependsOnTheConfigurationIsWrittenAnew) {
  const std::vector<SourceFile> printed = otherFiles();
  for (const char* name : {"proxy", "grpc", "fastcgi", "uwsgi", "scgi", "variables"}) {
    const std::string text = textIn(printed, std::string("identity-") + name + ".conf");
    EXPECT_NE(text.find("$sessiond_header_x_department"), std::string::npos) << name;
    EXPECT_EQ(text.find("$sessiond_user_roles"), std::string::npos) << name;
  }
  const std::string proxy = textIn(printed, "identity-proxy.conf");
  EXPECT_NE(proxy.find("proxy_set_header X-Department $sessiond_header_x_department;\n"), std::string::npos);
  EXPECT_NE(proxy.find("proxy_set_header X_Department \"\";\n"), std::string::npos);
  EXPECT_NE(
      textIn(printed, "identity-fastcgi.conf").find("fastcgi_param HTTP_X_DEPARTMENT $sessiond_header_x_department;"),
      std::string::npos);
  const std::string upstream = textIn(printed, "upstream.conf");
  EXPECT_NE(upstream.find("map \"\" $sessiond_header_x_department {"), std::string::npos);
  EXPECT_NE(upstream.find("server 127.0.0.1:9000 max_fails=0;"), std::string::npos);
  EXPECT_EQ(upstream.find("server unix:"), std::string::npos);
  EXPECT_NE(upstream.find("\"\"      /sign-in;"), std::string::npos);
  EXPECT_NE(upstream.find("map $upstream_http_set_cookie $sessiond_cookie_to_send {\n    volatile;\n"
                          "    default              $sessiond_check_cookie;\n    \"~(^|, ?)app\\.sid=\"  \"\";\n}\n"),
            std::string::npos);
  EXPECT_EQ(upstream.find("connect\\.sid"), std::string::npos);
  EXPECT_NE(textIn(printed, "endpoints.conf").find("location = /sign-in {"), std::string::npos);
  EXPECT_NE(textIn(printed, "policy-admin.conf").find("set $sessiond_policy admin;"), std::string::npos);
}

TEST(NginxSnippets, OfACookieThatAVariableCanNameEveryLineIsSeen) {
  SnippetSettings settings = defaultSettings();
  settings.cookie = "sid_2";
  const std::string upstream = textIn(printSnippets(shippedFiles(), defaultSettings(), settings), "upstream.conf");
  EXPECT_NE(upstream.find("map $upstream_cookie_sid_2 $sessiond_cookie_to_send {\n    volatile;\n    default  \"\";\n"
                          "    \"\"       $sessiond_check_cookie;\n}\n"),
            std::string::npos);
  settings.cookie = "a!#$%&'*+-.^_`|~9";
  EXPECT_NE(textIn(printSnippets(shippedFiles(), defaultSettings(), settings), "upstream.conf")
                .find("\"~(^|, ?)a\\!\\#\\$\\%\\&\\'\\*\\+\\-\\.\\^_\\`\\|\\~9=\""),
            std::string::npos);
}

TEST(NginxSnippets, TheLinterFindsNothingInWhatWasPrinted) {
  const std::vector<SourceFile> printed = otherFiles();
  const FileFinder files = [&printed](const std::string& name) -> std::vector<SourceFile> {
    return {{name, name.starts_with("sessiond/") ? textIn(printed, name.substr(9)) : ""}};
  };
  const SourceFile site{"site.conf",
                        "http { include sessiond/upstream.conf; server { listen 127.0.0.1:1; include "
                        "sessiond/endpoints.conf; location / { include sessiond/protect-page.conf; include "
                        "sessiond/policy-admin.conf; include sessiond/identity-proxy.conf; proxy_pass http://a; } } }"};
  for (const Finding& finding : lintNginx(site, files, {.policies = {"admin"}, .identity = otherSettings().identity})) {
    EXPECT_EQ(finding.severity, Severity::kHint) << finding.rule << ": " << finding.message;
  }
}

TEST(NginxSnippets, NoHeaderTakesAVariableOfSessiondsOwn) {
  EXPECT_EQ(identityVariable("X-User-Id"), "$sessiond_user_id");
  EXPECT_EQ(identityVariable("X-Policy"), "$sessiond_header_x_policy");
  EXPECT_EQ(identityVariable("Check"), "$sessiond_header_check");
}

}  // namespace
}  // namespace sessiond::nginx
