#include "config/units.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

using namespace std::chrono_literals;

TEST(Duration, ReadsEveryUnit) {
  EXPECT_EQ(parseDuration("500ms"), 500ms);
  EXPECT_EQ(parseDuration("30s"), 30s);
  EXPECT_EQ(parseDuration("5m"), 5min);
  EXPECT_EQ(parseDuration("12h"), 12h);
  EXPECT_EQ(parseDuration("30d"), 30 * 24h);
  EXPECT_EQ(parseDuration("0s"), 0s);
  EXPECT_EQ(parseDuration("007s"), 7s);
}

TEST(Duration, RefusesEverythingElse) {
  for (const char* text : {"", "5", "s", "5 s", " 5s", "5s ", "-5s", "+5s", "1.5s", "5S", "5min", "1h30m", "5sd",
                           "0x5s", "36501d", "99999999999999999999ms"}) {
    EXPECT_EQ(parseDuration(text), std::nullopt) << text;
  }
}

TEST(Duration, IsWrittenInTheLargestWholeUnit) {
  EXPECT_EQ(formatDuration(0ms), "0s");
  EXPECT_EQ(formatDuration(1500ms), "1500ms");
  EXPECT_EQ(formatDuration(90s), "90s");
  EXPECT_EQ(formatDuration(120s), "2m");
  EXPECT_EQ(formatDuration(24h), "1d");
  EXPECT_EQ(formatDuration(36h), "36h");
}

TEST(Size, ReadsBytesKibibytesAndMebibytes) {
  EXPECT_EQ(parseSize("512"), 512u);
  EXPECT_EQ(parseSize("8k"), 8192u);
  EXPECT_EQ(parseSize("1m"), 1048576u);
  EXPECT_EQ(parseSize("0"), 0u);
}

TEST(Size, RefusesEverythingElse) {
  for (const char* text : {"", "k", "8K", "8kb", "8 k", "-8k", "1.5m", "1g", "1048576m", "99999999999999999999"}) {
    EXPECT_EQ(parseSize(text), std::nullopt) << text;
  }
}

TEST(Size, IsWrittenInTheLargestWholeUnit) {
  EXPECT_EQ(formatSize(0), "0");
  EXPECT_EQ(formatSize(1000), "1000");
  EXPECT_EQ(formatSize(6 * 1024), "6k");
  EXPECT_EQ(formatSize(2048 * 1024), "2m");
}

}  // namespace
}  // namespace sessiond
