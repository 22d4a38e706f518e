#include "http/request.h"

#include <gtest/gtest.h>

#include <array>

namespace sessiond {
namespace {

TEST(Request, GivesTheFirstParameterOfAName) {
  const std::array<Param, 3> params = {{{"A", "1"}, {"B", ""}, {"A", "2"}}};
  const Request request{.role = Role::kResponder, .params = params, .body = ""};
  EXPECT_EQ(request.param("A"), "1");
  EXPECT_EQ(request.param("B"), "");
  EXPECT_EQ(request.param("C"), std::nullopt);
  EXPECT_EQ(request.paramOrEmpty("A"), "1");
  EXPECT_EQ(request.paramOrEmpty("C"), "");
}

TEST(Request, TellsNamesApartByCase) {
  const std::array<Param, 1> params = {{{"Name", "1"}}};
  const Request request{.role = Role::kResponder, .params = params, .body = ""};
  EXPECT_EQ(request.param("NAME"), std::nullopt);
}

TEST(Request, ThePathOfAnAddressIsWhatStandsBeforeTheQuery) {
  EXPECT_EQ(pathOf("/reset?token=hush?more"), "/reset");
  EXPECT_EQ(pathOf("/a%3Fb"), "/a%3Fb");
  EXPECT_EQ(pathOf("?a=1"), "");
  EXPECT_EQ(pathOf(""), "");
}

}  // namespace
}  // namespace sessiond
