#include "config/foreign_names.h"

#include <gtest/gtest.h>

#include <array>

#include "config/options.h"

namespace sessiond {
namespace {

TEST(ForeignNames, NameOursForWhatOthersCallIt) {
  EXPECT_EQ(adviceAboutForeignName("redis", "host"), "host, port and database stand in redis.url: redis://host:6379/0");
  EXPECT_EQ(adviceAboutForeignName("session", "life-time"), adviceAboutForeignName("session", "ttl"));
  EXPECT_EQ(adviceAboutForeignName("", "headers"), "it is identity");
  EXPECT_EQ(adviceAboutForeignName("redis", "hostess"), std::nullopt);
  EXPECT_EQ(adviceAboutForeignName("", "host"), std::nullopt);
}

TEST(ForeignNames, NeverStandInTheWayOfAnOption) {
  for (const Option& option : allOptions()) {
    const std::size_t dot = option.path.find('.');
    const std::string section = dot == std::string::npos ? "" : option.path.substr(0, dot);
    const std::string name = dot == std::string::npos ? option.path : option.path.substr(dot + 1);
    EXPECT_EQ(adviceAboutForeignName(section, name), std::nullopt) << option.path;
  }
}

TEST(ForeignNames, WordsAreThoseThatMayStandThere) {
  constexpr std::array<std::string_view, 3> kSecure = {"auto", "always", "never"};
  constexpr std::array<std::string_view, 4> kLevels = {"info", "warn", "error", "off"};
  EXPECT_EQ(ourWordFor("AUTO", kSecure), "auto");
  EXPECT_EQ(ourWordFor("True", kSecure), "always");
  EXPECT_EQ(ourWordFor("warning", kLevels), "warn");
  EXPECT_EQ(ourWordFor("none", kLevels), "off");
  EXPECT_EQ(ourWordFor("warning", kSecure), std::nullopt);
  EXPECT_EQ(ourWordFor("", kLevels), std::nullopt);
}

TEST(ForeignNames, DurationsAndSizesAreWrittenOurWay) {
  EXPECT_EQ(ourDurationFor("30min"), "30m");
  EXPECT_EQ(ourDurationFor("2w"), "14d");
  EXPECT_EQ(ourDurationFor("1 Hour"), "1h");
  EXPECT_EQ(ourDurationFor("250 ms"), "250ms");
  EXPECT_EQ(ourDurationFor("1h30m"), std::nullopt);
  EXPECT_EQ(ourDurationFor("99999999999999999999s"), std::nullopt);
  EXPECT_EQ(ourDurationFor("9999999999y"), std::nullopt);
  EXPECT_EQ(ourDurationFor(""), std::nullopt);
  EXPECT_EQ(ourSizeFor("256K"), "256k");
  EXPECT_EQ(ourSizeFor("1 MiB"), "1m");
  EXPECT_EQ(ourSizeFor("2g"), "2048m");
  EXPECT_EQ(ourSizeFor("many"), std::nullopt);
}

TEST(ForeignNames, AddressesBecomeUrls) {
  EXPECT_EQ(redisUrlFor("/run/redis.sock"), "unix:///run/redis.sock");
  EXPECT_EQ(redisUrlFor("localhost:6379"), "redis://localhost:6379/0");
  EXPECT_EQ(redisUrlFor("user:password@host"), std::nullopt) << "a password is not repeated";
  EXPECT_EQ(redisUrlFor("rediss://host"), std::nullopt);
  EXPECT_EQ(redisUrlFor(""), std::nullopt);
}

}  // namespace
}  // namespace sessiond
