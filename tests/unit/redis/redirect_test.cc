#include "redis/redirect.h"

#include <gtest/gtest.h>

#include <string>

namespace sessiond {
namespace {

std::optional<Redirect> of(const std::string& text) {
  return redirectIn({.type = RedisReply::Type::kError, .text = text, .elements = {}});
}

TEST(Redirect, SaysWhere) {
  const auto moved = of("MOVED 3999 127.0.0.1:6381");
  ASSERT_TRUE(moved.has_value());
  EXPECT_EQ(moved->kind, Redirect::Kind::kMoved);
  EXPECT_EQ(moved->slot, 3999);
  EXPECT_EQ(moved->address.name(), "127.0.0.1:6381");
  const auto ask = of("ASK 0 redis-3.example.com:6379");
  ASSERT_TRUE(ask.has_value());
  EXPECT_EQ(ask->kind, Redirect::Kind::kAsk);
  EXPECT_EQ(ask->address.name(), "redis-3.example.com:6379");
}

TEST(Redirect, MayNameAnIpv6AddressOrNoHost) {
  EXPECT_EQ(of("MOVED 1 2001:db8::1:6381")->address.name(), "[2001:db8::1]:6381");
  EXPECT_EQ(of("MOVED 1 :6381")->address.host, "");
  EXPECT_EQ(of("MOVED 1 :6381")->address.port, 6381);
}

TEST(Redirect, MayBeToTryAgain) {
  EXPECT_EQ(of("TRYAGAIN Multiple keys request during rehashing of slot")->kind, Redirect::Kind::kTryAgain);
}

TEST(Redirect, IsNothingElse) {
  for (const std::string text : {"ERR no", "MOVED", "MOVED 1", "MOVED 16384 a:1", "MOVED 1 a:0", "MOVED 1 a:65536",
                                 "MOVED 1 a", "MOVED 1 ?:6379", "MOVED 1 a b:6379", "MOVED x a:1", "CLUSTERDOWN Hash",
                                 "MOVED 1 10.0.0.1:6379:6379", "MOVED 1 a:b:6379", "ASK 1 ::::6379"}) {
    EXPECT_FALSE(of(text).has_value()) << text;
  }
  EXPECT_FALSE(of("MOVED 1 " + std::string(254, 'a') + ":6379").has_value());
  EXPECT_FALSE(redirectIn({.type = RedisReply::Type::kString, .text = "MOVED 1 a:1", .elements = {}}).has_value());
}

}  // namespace
}  // namespace sessiond
