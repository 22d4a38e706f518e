// Every mistake in golden/ has its exact text beside it: NAME.yaml is read, NAME.txt holds what is said about it.
// In the texts the folder's own path is left out and the folder of credentials, in which a good session_secret is, is
// called CREDENTIALS.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "config/config_file.h"
#include "unit/config/secret_folder.h"

namespace sessiond {
namespace {

const std::string kFolder = "tests/unit/config/golden/";

std::vector<std::string> goldenNames() {
  std::vector<std::string> names;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder, missing)) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string readText(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  EXPECT_TRUE(stream.is_open()) << path;
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

void replaceAll(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
}

std::string describeAll(const std::vector<ConfigProblem>& problems, const SecretFolder& credentials) {
  std::string text;
  for (const ConfigProblem& problem : problems) text += describe(problem) + "\n";
  replaceAll(text, credentials.path(), "CREDENTIALS");
  replaceAll(text, std::filesystem::absolute(kFolder).string(), "");
  replaceAll(text, kFolder, "");
  return text;
}

class GoldenConfig : public testing::TestWithParam<std::string> {};

TEST_P(GoldenConfig, IsDescribedExactly) {
  const SecretFolder credentials;
  const Expected<SoundConfig, std::vector<ConfigProblem>> result =
      readConfigFile(kFolder + GetParam() + ".yaml", credentials.path());
  EXPECT_EQ(describeAll(result ? result->warnings : result.error(), credentials),
            readText(kFolder + GetParam() + ".txt"));
}

INSTANTIATE_TEST_SUITE_P(Mistakes, GoldenConfig, testing::ValuesIn(goldenNames()),
                         [](const testing::TestParamInfo<std::string>& golden) { return golden.param; });

TEST(GoldenConfig, FolderIsFound) {
  EXPECT_GE(goldenNames().size(), 40u) << "run from the top of the source tree";
}

}  // namespace
}  // namespace sessiond
