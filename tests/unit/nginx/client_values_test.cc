#include "nginx/client_values.h"

#include <gtest/gtest.h>

#include <string>

#include "nginx/parser.h"

namespace sessiond::nginx {
namespace {

/// What the client chooses in a text, where the server and the maps beside it are these.
std::string chosenIn(const std::string& text, const std::string& server = "", const std::string& maps = "") {
  const auto parsed = parse("http { " + maps + " server { " + server + " } }", "f");
  EXPECT_TRUE(parsed) << server << maps;
  const Scope main(*parsed);
  return ClientValues(main, *main.all(Scope::Kind::kServer).front()).in(text);
}

TEST(NginxClientValues, KnowsNginxsOwn) {
  for (const char* name : {"$http_x_user_id", "$arg_user", "$cookie_uid", "$args", "$query_string", "$request_uri",
                           "$uri", "$remote_user", "$1"}) {
    EXPECT_EQ(chosenIn(name), name);
  }
  EXPECT_EQ(chosenIn("a ${http_x}b"), "$http_x");
  EXPECT_EQ(chosenIn("$remote_addr $HTTP_X"), "$http_x") << "nginx minds no case";
  for (const char* text :
       {"", "$", "${", "http_x", "$https", "$remote_addr", "$host", "$upstream_http_x", "$mine", "$sessiond_user_id"}) {
    EXPECT_EQ(chosenIn(text), "") << text;
  }
}

TEST(NginxClientValues, FollowsWhatTheServerMakesOfThem) {
  EXPECT_EQ(chosenIn("$b", "location / { set $b x$a; } set $a $arg_user;"), "$b") << "in whatever order";
  EXPECT_EQ(chosenIn("$a", "location / { auth_request_set $A $http_x; }"), "$a");
  EXPECT_EQ(chosenIn("$a", "set $a $upstream_http_x; set $b $arg_user;"), "");
  EXPECT_EQ(chosenIn("$sessiond_scheme", "set $sessiond_scheme $http_x;"), "");
}

TEST(NginxClientValues, WhatIsFoundInAnAddressIsTheClients) {
  EXPECT_EQ(chosenIn("$user", "location ~ ^/(?<user>[a-z]+)/ { }"), "$user");
  EXPECT_EQ(chosenIn("$user", "rewrite \"^/(?P<user>[a-z]+)/\" /;"), "$user");
  EXPECT_EQ(chosenIn("$user", "if ($uri ~ \"^/(?'user'.+)\") { }"), "$user");
  EXPECT_EQ(chosenIn("$a", "location ~ (?<=a)(?<!b)(?:c)(? { }"), "");
}

TEST(NginxClientValues, OfAMapItsValuesCount) {
  const auto mapped = [](const std::string& map) { return chosenIn("$user", "", "map " + map); };
  EXPECT_EQ(mapped("$host $user { default $http_x; }"), "$user");
  EXPECT_EQ(mapped("$http_x $user { ~^(.+)$ $1; }"), "$user");
  EXPECT_EQ(mapped("$http_x $user { ~^(?<name>.+)$ $name; }"), "$user");
  EXPECT_EQ(mapped("$http_x $user { default nobody; key robot; }"), "");
  EXPECT_EQ(mapped("$sessiond_user_roles $user { ~^(.+)$ $1; }"), "");
  EXPECT_EQ(mapped("$sessiond_user_roles $user { ~^(?<name>.+)$ $name; }"), "");
  EXPECT_EQ(mapped("$one $user { default $one; } map $http_x $one { ~(.) $1; }"), "$user") << "in whatever order";
}

}  // namespace
}  // namespace sessiond::nginx
