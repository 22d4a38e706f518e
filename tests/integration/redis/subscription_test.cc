// The subscription to invalidations with a server, or a proxy before one, that a real Redis is not.

#include <atomic>
#include <string>
#include <string_view>

#include "cache_instance.h"
#include "support/scripted_redis.h"

namespace sessiond {
namespace {

/// It stands only once it is confirmed, and a proxy may keep SUBSCRIBE for ever without closing anything.
TEST(Subscription, ThatIsNotConfirmedIsAskedForAgainAndIsSaidToBeMissing) {
  testing::internal::CaptureStderr();
  std::atomic<int> subscribed = 0;
  ScriptedRedis server([&](std::string_view request, int) -> std::string {
    if (isGreeting(request)) return kGreeted;
    if (request.find("TRACKING") != std::string_view::npos) return "+OK\r\n";
    if (request.find("SUBSCRIBE") == std::string_view::npos) return ":7\r\n";
    ++subscribed;
    return "*3\r\n";  // and no more
  });
  {
    const Instance instance(server.url());
    EXPECT_TRUE(soon([&] { return subscribed >= 2; }, 10s));
  }
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("the subscription by which Redis tells which sessions change does not come to stand"),
            std::string::npos)
      << log;
}

}  // namespace
}  // namespace sessiond
