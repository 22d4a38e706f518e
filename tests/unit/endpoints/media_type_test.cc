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

bool wantsPageWhoAccepts(std::string_view types) {
  const Param params[] = {{"HTTP_ACCEPT", types}};
  return wantsPage({.params = params});
}

bool isFormOfType(std::string_view type) {
  const Param params[] = {{"CONTENT_TYPE", type}};
  return isForm({.params = params});
}

TEST(WantsPage, IsForThoseWhoAskForHtml) {
  EXPECT_TRUE(wantsPageWhoAccepts("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
  EXPECT_TRUE(wantsPageWhoAccepts("TEXT/HTML"));
  EXPECT_FALSE(wantsPageWhoAccepts("*/*"));
  EXPECT_FALSE(wantsPageWhoAccepts("application/json"));
  EXPECT_FALSE(wantsPageWhoAccepts(""));
  EXPECT_FALSE(wantsPage({}));
}

TEST(IsForm, IsWhatABrowserSendsOneAs) {
  EXPECT_TRUE(isFormOfType("application/x-www-form-urlencoded"));
  EXPECT_TRUE(isFormOfType("Application/X-WWW-Form-Urlencoded; charset=utf-8"));
  EXPECT_FALSE(isFormOfType("multipart/form-data; boundary=x"));
  EXPECT_FALSE(isFormOfType("application/json"));
  EXPECT_FALSE(isForm({}));
}

}  // namespace
}  // namespace sessiond
