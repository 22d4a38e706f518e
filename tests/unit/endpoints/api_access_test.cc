#include "endpoints/api/api_access.h"

#include <gtest/gtest.h>

#include "unit/endpoints/endpoint_fixture.h"

namespace sessiond {
namespace {

class ApiAccessTest : public EndpointFixture {
 protected:
  /// What it makes of a request to an endpoint that answers 200 and `answered`.
  struct Guarded {
    const ApiAccess& access;
    Response answer(const Request& request) const {
      return access.pass("session", request, [](const Request&) {
        Response response(200);
        response.body = "answered";
        return response;
      });
    }
  };

  Response pass(std::string_view method, const Params& params) {
    const ApiAccess access(settings_.api, metrics_);
    return ask(Guarded{access}, method, params);
  }
  std::uint64_t counted(const std::string& status) {
    return metrics_.counter("sessiond_api_requests_total", "", {{"endpoint", "session"}, {"status", status}}).read();
  }
};

TEST_F(ApiAccessTest, WithoutATokenNobodyPassesUnlessThatIsSaid) {
  EXPECT_EQ(pass("GET", {}).status, 401);
  settings_.api.allow_without_token = true;
  EXPECT_EQ(pass("GET", {}).body, "answered");
  EXPECT_EQ(pass("GET", {{"HTTP_AUTHORIZATION", "Bearer anything"}}).body, "answered");
  EXPECT_EQ(counted("200"), 2U);
}

TEST_F(ApiAccessTest, TheTokenPasses) {
  settings_.api.token = Secret(std::string("0123456789abcdef"));
  for (const char* credentials : {"Bearer 0123456789abcdef", "bearer 0123456789abcdef", "BEARER  0123456789abcdef"})
    EXPECT_EQ(pass("GET", {{"HTTP_AUTHORIZATION", credentials}}).body, "answered") << credentials;
}

TEST_F(ApiAccessTest, NothingElsePasses) {
  settings_.api.token = Secret(std::string("0123456789abcdef"));
  for (const char* credentials :
       {"", "Bearer", "Bearer ", "Bearer 0123456789abcde", "Bearer 0123456789abcdefg", "Bearer 0123456789ABCDEF",
        "Bearer 0123456789abcdef ", "0123456789abcdef", "Basic 0123456789abcdef", "Bearer\t0123456789abcdef"}) {
    const Response response = pass("GET", {{"HTTP_AUTHORIZATION", credentials}});
    EXPECT_EQ(response.status, 401) << credentials;
    EXPECT_EQ(header(response, "WWW-Authenticate"), "Bearer realm=\"sessiond\"");
    EXPECT_EQ(response.body,
              "{\"error\":\"token_required\",\"reason\":\"the request needs Authorization: Bearer with the right "
              "token\"}\n");
  }
  EXPECT_EQ(pass("GET", {}).status, 401);
  EXPECT_EQ(counted("401"), 11U);
  EXPECT_EQ(counted("200"), 0U);
  EXPECT_EQ(metrics_.counter("sessiond_api_token_refusals_total", "").read(), 11U);
}

TEST_F(ApiAccessTest, HeadHasNoBody) {
  settings_.api.allow_without_token = true;
  const Response response = pass("HEAD", {});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "");
}

}  // namespace
}  // namespace sessiond
