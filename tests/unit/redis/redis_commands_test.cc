#include "redis/redis_commands.h"

#include <gtest/gtest.h>
#include <hiredis/hiredis.h>

#include <string>
#include <vector>

namespace sessiond {
namespace {

using namespace std::string_literals;

std::string formattedByHiredis(const std::vector<std::string>& arguments) {
  std::vector<const char*> pointers;
  std::vector<std::size_t> sizes;
  for (const std::string& argument : arguments) {
    pointers.push_back(argument.data());
    sizes.push_back(argument.size());
  }
  char* target = nullptr;
  const auto size = redisFormatCommandArgv(&target, static_cast<int>(arguments.size()), pointers.data(), sizes.data());
  const std::string bytes(target, static_cast<std::size_t>(size));
  redisFreeCommand(target);
  return bytes;
}

TEST(RedisCommands, SendsEveryArgumentWithItsLength) {
  RedisCommands commands;
  commands.add({"GET", "sess:abc"});
  EXPECT_EQ(commands.bytes(), "*2\r\n$3\r\nGET\r\n$8\r\nsess:abc\r\n");
  EXPECT_EQ(commands.count(), 1U);
}

TEST(RedisCommands, WritesTheBytesThatHiredisWrites) {
  const std::vector<std::vector<std::string>> cases = {
      {"PING"},
      {"SET", "", ""},
      {"SET", "a\0b\r\n*1\r\n$4\r\nQUIT\r\n"s, std::string(100000, 'x')},
      {"EVAL", "return 1", "0", "\xff\xfe", "%s%n"},
      std::vector<std::string>(1234, "argument"),
  };
  for (const auto& arguments : cases) {
    RedisCommands commands;
    commands.begin(arguments.size());
    for (const std::string& argument : arguments) commands.argument(argument);
    EXPECT_EQ(commands.bytes(), formattedByHiredis(arguments));
  }
}

TEST(RedisCommands, JoinsAPrefixAndAnIdToOneArgument) {
  RedisCommands commands;
  commands.begin(2);
  commands.argument("GET");
  commands.argument("sess:", "abc");
  EXPECT_EQ(commands.bytes(), formattedByHiredis({"GET", "sess:abc"}));
}

TEST(RedisCommands, WhatManyHaveInCommonIsWrittenOnce) {
  RedisCommands before;
  before.begin(4);
  before.argument("GETRANGE");
  RedisCommands behind;
  behind.argument("0");
  behind.argument("99");
  RedisCommands commands;
  for (const char* key : {"a", "bc"}) {
    commands.append(before);
    commands.argument(key);
    commands.append(behind);
  }
  EXPECT_EQ(commands.bytes(),
            formattedByHiredis({"GETRANGE", "a", "0", "99"}) + formattedByHiredis({"GETRANGE", "bc", "0", "99"}));
  EXPECT_EQ(commands.count(), 2U);
}

TEST(RedisCommands, AScriptHasOneKeyAndArguments) {
  RedisCommands commands;
  commands.beginScript("return ARGV[1]", 2);
  commands.argument("sess:", "abc");
  commands.argument("one");
  commands.argument("two");
  EXPECT_EQ(commands.bytes(), formattedByHiredis({"EVAL", "return ARGV[1]", "1", "sess:abc", "one", "two"}));
  EXPECT_EQ(commands.count(), 1U);
}

TEST(RedisCommands, CountsCommandsAndForgetsThem) {
  RedisCommands commands;
  commands.add({"PING"});
  commands.add({"PING"});
  EXPECT_EQ(commands.count(), 2U);
  commands.clear();
  EXPECT_EQ(commands.count(), 0U);
  EXPECT_EQ(commands.bytes(), "");
}

TEST(RedisCommands, WipesWhatHeldASecret) {
  RedisCommands commands;
  commands.reserveForSecret();
  const char* const memory = commands.bytes().data();
  commands.add({"AUTH", "user", "correct horse battery staple"});
  commands.add({"CLIENT", "SETNAME", "sessiond"});
  const std::string_view sent = commands.bytes();
  ASSERT_EQ(sent.data(), memory) << "nothing was left behind elsewhere";
  ASSERT_NE(sent.find("battery"), std::string_view::npos);
  commands.wipe();
  EXPECT_EQ(sent, std::string(sent.size(), '\0')) << "the very same memory";
  EXPECT_EQ(commands.count(), 0U);
}

}  // namespace
}  // namespace sessiond
