#include "redis/redis_reply.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string_view>

namespace sessiond {
namespace {

RedisReply listOf(std::initializer_list<const char*> texts) {
  RedisReply list{.type = RedisReply::Type::kArray};
  for (const char* const text : texts) list.elements.push_back({.type = RedisReply::Type::kString, .text = text});
  return list;
}

TEST(FieldOf, AListHasNamesAndValuesByTurns) {
  const RedisReply hello = listOf({"server", "role", "role", "master", "version", "7.0.15"});
  EXPECT_EQ(fieldOf(hello, "role"), "master");
  EXPECT_EQ(fieldOf(hello, "version"), "7.0.15");
  EXPECT_EQ(fieldOf(hello, "master"), "");
  EXPECT_EQ(fieldOf(listOf({"role"}), "role"), "");
  EXPECT_EQ(fieldOf(RedisReply{.type = RedisReply::Type::kError, .text = "ERR unknown command"}, "role"), "");
}

TEST(FieldOf, ALineHasANameAndItsValue) {
  const std::string_view info = "# Server\r\nredis_version_of:1\r\nredis_version:5.0.14\r\nlast:yes";
  EXPECT_EQ(fieldOf(info, "redis_version"), "5.0.14");
  EXPECT_EQ(fieldOf(info, "last"), "yes");
  EXPECT_EQ(fieldOf(info, "version"), "");
  EXPECT_EQ(fieldOf(info, "none"), "");
  EXPECT_EQ(fieldOf(std::string_view(), "last"), "");
}

}  // namespace
}  // namespace sessiond
