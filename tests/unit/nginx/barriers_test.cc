#include "nginx/barriers.h"

#include <gtest/gtest.h>

#include <string>

#include "nginx/parser.h"

namespace sessiond::nginx {
namespace {

/// Of `location / { … }` in a server with those lines.
bool has(Barriers counted, const std::string& inside, const std::string& of_server = "") {
  const auto text = parse("server { " + of_server + " location / { " + inside + " } }", "f");
  const Scope main(*text);
  return hasBarrier(*main.all(Scope::Kind::kLocation).front(), counted);
}

TEST(NginxBarriers, AreChecksPasswordsAndListsOfAddresses) {
  for (const Barriers counted : {Barriers::kAll, Barriers::kOfLocations}) {
    EXPECT_FALSE(has(counted, "root /srv/www;"));
    EXPECT_TRUE(has(counted, "auth_request sessiond:check;"));
    EXPECT_TRUE(has(counted, "auth_request /of/others;"));
    EXPECT_FALSE(has(counted, "auth_request off;"));
    EXPECT_TRUE(has(counted, "auth_basic members;"));
    EXPECT_TRUE(has(counted, "auth_basic \"\";")) << "nginx asks all the same";
    EXPECT_FALSE(has(counted, "auth_basic off;"));
    EXPECT_TRUE(has(counted, "allow 10.0.0.0/8; deny all;"));
    EXPECT_FALSE(has(counted, "deny 10.0.0.0/8;"));
  }
}

TEST(NginxBarriers, OfTheServerKeepPeopleAwayButNotFromWhatIsBesideACheck) {
  for (const std::string line : {"auth_basic members;", "allow 10.0.0.0/8; deny all;"}) {
    EXPECT_TRUE(has(Barriers::kAll, "", line)) << line;
    EXPECT_FALSE(has(Barriers::kOfLocations, "", line)) << line;
  }
  EXPECT_TRUE(has(Barriers::kOfLocations, "", "auth_request sessiond:check;"));
  EXPECT_FALSE(has(Barriers::kOfLocations, "auth_request off;", "auth_request sessiond:check;"));
}

}  // namespace
}  // namespace sessiond::nginx
