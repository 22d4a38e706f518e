#include "http/safe_redirect.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

namespace sessiond {
namespace {

const std::vector<std::string> kOrigins = {"https://app.example", "https://app.example:8443"};

/// Undoes the data files' notation: \\ is a backslash, \xNN a byte, \e nothing.
std::string unescape(std::string_view line) {
  std::string value;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] != '\\') {
      value += line[at];
    } else if (line.substr(at, 2) == "\\\\") {
      value += line[++at];
    } else if (line.substr(at, 2) == "\\x") {
      value += static_cast<char>(std::stoi(std::string(line.substr(at + 2, 2)), nullptr, 16));
      at += 3;
    } else {
      EXPECT_EQ(line, "\\e");
      return "";
    }
  }
  return value;
}

std::vector<std::string> readValues(const std::string& file) {
  std::ifstream lines("tests/data/" + file);
  EXPECT_TRUE(lines.is_open()) << "run from the top of the source tree";
  std::vector<std::string> values;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && !line.starts_with("# ")) values.push_back(unescape(line));
  }
  return values;
}

TEST(SafeRedirect, RefusesEveryHostileValue) {
  const std::vector<std::string> values = readValues("hostile-redirects.txt");
  EXPECT_GE(values.size(), 200U);
  for (const std::string& value : values) EXPECT_FALSE(isSafeRedirect(value, kOrigins)) << value;
}

TEST(SafeRedirect, TakesEveryOrdinaryValue) {
  const std::vector<std::string> values = readValues("allowed-redirects.txt");
  EXPECT_GE(values.size(), 60U);
  for (const std::string& value : values) EXPECT_TRUE(isSafeRedirect(value, kOrigins)) << value;
}

TEST(SafeRedirect, WithoutAllowedOriginsOnlyLocalPathsAreTaken) {
  EXPECT_TRUE(isSafeRedirect("/a", {}));
  EXPECT_FALSE(isSafeRedirect("https://app.example/", {}));
}

TEST(SafeRedirect, IsBoundedInLengthAndInLevelsOfEncoding) {
  EXPECT_TRUE(isSafeRedirect("/" + std::string(4095, 'a'), {}));
  EXPECT_FALSE(isSafeRedirect("/" + std::string(4096, 'a'), {}));
  EXPECT_TRUE(isSafeRedirect("/%2525252525252520", {}));
  EXPECT_FALSE(isSafeRedirect("/%252525252525252520", {}));
}

TEST(SafeRedirect, TheFallbackStandsForWhatIsRefused) {
  EXPECT_EQ(safeRedirectOr("/a?b", kOrigins, "/start"), "/a?b");
  EXPECT_EQ(safeRedirectOr("//evil.example", kOrigins, "/start"), "/start");
  EXPECT_EQ(safeRedirectOr("", kOrigins, "/start"), "/start");
}

}  // namespace
}  // namespace sessiond
