#include "endpoints/media_type.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

TEST(MediaType, IsLowerCaseWithoutParameters) {
  EXPECT_EQ(mediaType("Application/JSON; charset=utf-8"), "application/json");
  EXPECT_EQ(mediaType("application/json \t;x"), "application/json");
  EXPECT_EQ(mediaType("text/html"), "text/html");
  EXPECT_EQ(mediaType(""), "");
}

TEST(WantsPage, IsForThoseWhoAskForHtml) {
  EXPECT_TRUE(wantsPage("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
  EXPECT_TRUE(wantsPage("TEXT/HTML"));
  EXPECT_FALSE(wantsPage("*/*"));
  EXPECT_FALSE(wantsPage("application/json"));
  EXPECT_FALSE(wantsPage(""));
}

}  // namespace
}  // namespace sessiond
