#include "os/host_port.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

std::string taken(std::string_view text) {
  const std::optional<HostPort> parsed = parseHostPort(text);
  if (!parsed) return "nothing";
  return parsed->host + " " + (parsed->port ? std::to_string(*parsed->port) : "none");
}

TEST(HostPort, ReadsNamesAndAddresses) {
  EXPECT_EQ(taken("redis.example.org:6379"), "redis.example.org 6379");
  EXPECT_EQ(taken("redis"), "redis none");
  EXPECT_EQ(taken("192.0.2.1:65535"), "192.0.2.1 65535");
  EXPECT_EQ(taken("[::1]:80"), "::1 80");
  EXPECT_EQ(taken("[2001:db8::1]"), "2001:db8::1 none");
}

TEST(HostPort, RefusesEverythingElse) {
  for (const char* text : {"", ":80", "host:", "host:0", "host:65536", "host:+1", "host:80x", "::1", "::1:80", "[::1",
                           "[]:80", "[host]:80", "[::1]80", "ho st:80", "a/b:80", "a@b:80", "[::1%lo]:80"}) {
    EXPECT_EQ(taken(text), "nothing") << text;
  }
  EXPECT_EQ(taken(std::string_view("[::1\0x]:80", 10)), "nothing");
}

TEST(HostPort, ZeroIsAPortForWhoeverListens) {
  EXPECT_EQ(parseHostPort("[::1]:0", 0)->port, 0);
  EXPECT_FALSE(parseHostPort("[::1]:65536", 0));
  EXPECT_FALSE(parseHostPort("[::1]:", 0));
}

}  // namespace
}  // namespace sessiond
