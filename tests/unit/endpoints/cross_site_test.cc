#include "endpoints/cross_site.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/endpoints/endpoint_fixture.h"

namespace sessiond {
namespace {

const std::vector<std::string> kOrigins = {"https://app.example", "http://dev.example:8080"};

bool isRefused(const Params& headers, const std::string& scheme = "https", const std::string& host = "site.example") {
  Params params = {{"SESSIOND_SCHEME", scheme}, {"SESSIOND_HOST", host}};
  params.insert(params.end(), headers.begin(), headers.end());
  const std::vector<Param> views = viewsOf(params);
  Request request;
  request.params = views;
  return isCrossSite(request, kOrigins);
}

bool originIsRefused(const std::string& origin, const std::string& scheme = "https",
                     const std::string& host = "site.example") {
  return isRefused({{"HTTP_ORIGIN", origin}}, scheme, host);
}

TEST(CrossSite, TheSitesOwnOriginPasses) {
  EXPECT_FALSE(originIsRefused("https://site.example"));
  EXPECT_FALSE(originIsRefused("https://site.example", "https", "site.example:443"));
  EXPECT_FALSE(originIsRefused("https://site.example", "https", "SITE.example"));
  EXPECT_FALSE(originIsRefused("http://site.example", "http", "site.example:80"));
  EXPECT_FALSE(originIsRefused("http://127.0.0.1:8080", "http", "127.0.0.1:8080"));
  EXPECT_FALSE(originIsRefused("http://[::1]:8080", "http", "[::1]:8080"));
}

TEST(CrossSite, AnotherOriginIsRefused) {
  for (const char* origin :
       {"http://site.example", "https://site.example:8443", "https://evil.example", "https://site.example.evil.example",
        "https://evil-site.example", "https://sub.site.example", "null", "https://site.example/", "site.example", "x",
        "https://site.example https://evil.example", "https://site.example@evil.example", "file://"})
    EXPECT_TRUE(originIsRefused(origin)) << origin;
}

TEST(CrossSite, AListedOriginPassesWhateverTheBrowserCallsIt) {
  for (const char* site : {"cross-site", "same-site", "same-origin", "none", ""}) {
    EXPECT_FALSE(isRefused({{"HTTP_ORIGIN", "https://app.example"}, {"HTTP_SEC_FETCH_SITE", site}})) << site;
    EXPECT_FALSE(isRefused({{"HTTP_SEC_FETCH_SITE", site}, {"HTTP_ORIGIN", "http://dev.example:8080"}})) << site;
  }
  EXPECT_TRUE(originIsRefused("http://app.example"));
  EXPECT_TRUE(originIsRefused("http://dev.example"));
}

TEST(CrossSite, WithoutOriginTheBrowsersWordCounts) {
  EXPECT_FALSE(isRefused({{"HTTP_SEC_FETCH_SITE", "same-origin"}}));
  EXPECT_FALSE(isRefused({{"HTTP_SEC_FETCH_SITE", "none"}}));
  EXPECT_TRUE(isRefused({{"HTTP_SEC_FETCH_SITE", "same-site"}}));
  EXPECT_TRUE(isRefused({{"HTTP_SEC_FETCH_SITE", "cross-site"}}));
  EXPECT_TRUE(isRefused({{"HTTP_SEC_FETCH_SITE", "what-comes-next"}}));
}

TEST(CrossSite, TheOwnOriginDoesNotOutweighTheBrowsersWord) {
  EXPECT_TRUE(isRefused({{"HTTP_ORIGIN", "https://site.example"}, {"HTTP_SEC_FETCH_SITE", "cross-site"}}));
}

TEST(CrossSite, NullIsTheOwnOriginWhereTheBrowserSaysSo) {
  const auto isNullRefused = [](const std::vector<std::string>& sites, const std::string& other_origin = "") {
    Params headers = {{"HTTP_ORIGIN", "null"}, {"HTTP_ORIGIN", other_origin}};
    for (const std::string& site : sites) headers.emplace_back("HTTP_SEC_FETCH_SITE", site);
    return isRefused(headers);
  };
  EXPECT_FALSE(isNullRefused({"same-origin"}));
  EXPECT_FALSE(isNullRefused({"", "same-origin"}));
  for (const char* site : {"", "none", "same-site", "cross-site", "Same-Origin"}) EXPECT_TRUE(isNullRefused({site}));
  EXPECT_TRUE(isNullRefused({}));
  EXPECT_TRUE(isNullRefused({"same-origin", "cross-site"}));
  EXPECT_TRUE(isNullRefused({"same-origin"}, "https://evil.example"));
}

TEST(CrossSite, NeitherHeaderPasses) {
  EXPECT_FALSE(isRefused({}));
  EXPECT_FALSE(isRefused({{"HTTP_ORIGIN", ""}, {"HTTP_SEC_FETCH_SITE", ""}}));
}

TEST(CrossSite, EveryHeaderThatWasSentCounts) {
  EXPECT_TRUE(isRefused({{"HTTP_ORIGIN", "https://site.example"}, {"HTTP_ORIGIN", "https://evil.example"}}));
  EXPECT_TRUE(isRefused({{"HTTP_ORIGIN", "https://evil.example"}, {"HTTP_ORIGIN", "https://app.example"}}));
  EXPECT_TRUE(isRefused({{"HTTP_SEC_FETCH_SITE", "none"}, {"HTTP_SEC_FETCH_SITE", "cross-site"}}));
  EXPECT_TRUE(isRefused({{"HTTP_ORIGIN", "https://app.example"},
                         {"HTTP_ORIGIN", "https://site.example"},
                         {"HTTP_SEC_FETCH_SITE", "cross-site"}}));
}

TEST(CrossSite, WithoutAHostNoOriginIsTheSitesOwn) {
  EXPECT_TRUE(originIsRefused("https://site.example", "https", ""));
  EXPECT_TRUE(originIsRefused("https://site.example", "", "site.example"));
  EXPECT_TRUE(originIsRefused("null", "null", ""));
}

}  // namespace
}  // namespace sessiond
