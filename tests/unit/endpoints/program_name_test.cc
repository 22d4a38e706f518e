#include "endpoints/login/program_name.h"

#include <gtest/gtest.h>

#include <string>

namespace sessiond {
namespace {

std::string nameOf(const std::string& user_agent) {
  const ProgramName name = programNameOf(user_agent);
  return std::string(name.family) + "/" + std::string(name.system);
}

TEST(ProgramName, KnowsTheUsualOnes) {
  EXPECT_EQ(nameOf("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"), "Firefox/Linux");
  EXPECT_EQ(nameOf("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "
                   "Safari/537.36"),
            "Chrome/Windows");
  EXPECT_EQ(nameOf("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "
                   "Safari/537.36 Edg/126.0.2592.56"),
            "Edge/Windows");
  EXPECT_EQ(nameOf("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
                   "Version/17.5 Safari/605.1.15"),
            "Safari/macOS");
  EXPECT_EQ(nameOf("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
                   "CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1"),
            "Chrome/iPhone");
  EXPECT_EQ(nameOf("Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) "
                   "SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36"),
            "Samsung Internet/Android");
  EXPECT_EQ(nameOf("curl/7.88.1"), "curl/");
}

TEST(ProgramName, SaysNothingThatWasSent) {
  EXPECT_EQ(nameOf(""), "/");
  EXPECT_EQ(nameOf("<script>\r\nX: y"), "/");
  EXPECT_EQ(nameOf(std::string(256, 'x') + "Firefox/1 Linux"), "/") << "too far behind";
}

}  // namespace
}  // namespace sessiond
