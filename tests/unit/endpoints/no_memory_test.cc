// A check for which there is no memory to go on with.

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // their allocators end the process instead

#include "support/scarce_memory.h"
#include "unit/endpoints/auth_fixture.h"

namespace sessiond {
namespace {

TEST_F(AuthEndpointTest, ATouchIsDueAgainWhereThereIsNoMemoryToGoOnToIt) {
  remember("s1", found("s1", R"({"cookie":{"originalMaxAge":3600000},"user":{"id":"7"}})"));
  const std::string cookies = "connect.sid=" + cookieOf("s1");
  const std::vector<Param> params = {{"HTTP_COOKIE", cookies}};
  Exchange exchange;
  exchange.request = {.role = Role::kResponder, .params = params, .body = {}};
  {
    const ScarceMemory scarce(sizeof(PendingCheck) - 1);
    EXPECT_THROW(endpoint().receive(exchange), std::bad_alloc);
  }
  EXPECT_EQ(askWith("s1").status, 204);
  EXPECT_EQ(source_.touches.size(), 1U);
}

}  // namespace
}  // namespace sessiond

#endif
