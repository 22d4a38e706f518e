#include "os/host_resolver.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <atomic>
#include <future>
#include <memory>

#include "support/no_threads.h"

namespace sessiond {
namespace {

using namespace std::chrono_literals;

SteadyTime soon() {
  return SteadyClock::now() + 10s;
}

SocketAddress someAddress() {
  return *lookUpHost("192.0.2.1", 6379, AI_NUMERICHOST)->begin();
}

std::uint16_t portOf(const SocketAddress& address) {
  return ntohs(reinterpret_cast<const sockaddr_in&>(address.storage).sin_port);
}

TEST(HostResolver, TakesLiteralAddressesAsTheyAre) {
  HostResolver v4("192.0.2.1", 1234);
  const auto four = v4.resolve(SteadyTime::min());
  ASSERT_TRUE(four);
  ASSERT_EQ(four->size(), 1U);
  EXPECT_EQ((*four)[0].get()->sa_family, AF_INET);
  EXPECT_EQ(portOf((*four)[0]), 1234);
  HostResolver v6("2001:db8::1", 1234);
  const auto six = v6.resolve(SteadyTime::min());
  ASSERT_TRUE(six);
  EXPECT_EQ((*six)[0].get()->sa_family, AF_INET6);
}

TEST(HostResolver, KnowsANameFromAnAddress) {
  EXPECT_FALSE(HostResolver("192.0.2.1", 1234).isOfName());
  EXPECT_FALSE(HostResolver("2001:db8::1", 1234).isOfName());
  EXPECT_TRUE(HostResolver("redis.example", 1234).isOfName());
}

TEST(SocketAddress, ShowsItsHostAsANumber) {
  EXPECT_EQ(numericHost(someAddress()), "192.0.2.1");
  EXPECT_EQ(numericHost(lookUpHost("2001:DB8::0:1", 1, AI_NUMERICHOST)->front()), "2001:db8::1");
  EXPECT_EQ(numericHost(unixAddress("/run/redis.sock")), "");
}

TEST(HostResolver, LooksUpANameAnewEachTime) {
  std::atomic<int> lookups = 0;
  HostResolver resolver([&]() -> ResolvedAddresses {
    if (++lookups == 2) return Unexpected(std::string("gone"));
    return std::vector{someAddress()};
  });
  EXPECT_TRUE(resolver.resolve(soon()));
  const auto second = resolver.resolve(soon());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), "gone");
  EXPECT_TRUE(resolver.resolve(soon()));
  EXPECT_EQ(lookups, 3);
}

TEST(HostResolver, WithoutAThreadSaysSoAndLooksUpOnceThereIsOne) {
  HostResolver resolver([]() -> ResolvedAddresses { return std::vector{someAddress()}; });
  std::uint64_t ticket = 0;
  {
    const NoThreads none;
    const auto waited_for = resolver.resolve(soon());
    ASSERT_FALSE(waited_for);
    EXPECT_NE(waited_for.error().find("thread"), std::string::npos) << waited_for.error();
    const auto asked = resolver.lookUp(ticket);
    ASSERT_TRUE(asked);
    EXPECT_FALSE(*asked);
  }
  EXPECT_TRUE(resolver.resolve(soon()));
}

TEST(HostResolver, LetsNobodyWaitBeyondTheDeadlineForASilentNameServer) {
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  std::atomic<int> lookups = 0;
  HostResolver resolver([&]() -> ResolvedAddresses {
    ++lookups;
    released.wait();
    return std::vector{someAddress()};
  });
  for (int i = 0; i < 3; ++i) {
    const auto late = resolver.resolve(SteadyClock::now());
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error(), "cannot resolve the host in time");
  }
  release.set_value();
  EXPECT_TRUE(resolver.resolve(soon()));
  EXPECT_LE(lookups, 2) << "those who come while a lookup runs share it";
}

TEST(HostResolver, EndsWithoutWaitingForASilentNameServer) {
  struct Server {
    std::promise<void> asked;
    std::promise<void> release;
  };
  const auto server = std::make_shared<Server>();
  auto resolver = std::make_unique<HostResolver>([server]() -> ResolvedAddresses {
    server->asked.set_value();
    server->release.get_future().wait();
    return Unexpected(std::string("too late"));
  });
  EXPECT_FALSE(resolver->resolve(SteadyClock::now()));
  server->asked.get_future().wait();
  const auto gone = std::async(std::launch::async, [&resolver] { resolver.reset(); });
  EXPECT_EQ(gone.wait_for(10s), std::future_status::ready);
  server->release.set_value();
}

}  // namespace
}  // namespace sessiond
