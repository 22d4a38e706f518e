// What a lane has no memory for: the connection that sends it is closed, and nobody else notices.

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // their allocators end the process instead

#include "support/scarce_memory.h"

#include "integration/fastcgi/holding_up.h"

namespace sessiond {
namespace {

constexpr std::size_t kMost = std::size_t{16} * 1024;

class NoMemory : public testing::Test {
 protected:
  NoMemory() : other_(server_.start().connect()) {}

  /// While memory is scarce. The client may be gone before it has sent all.
  void expectClosed(FastcgiClient& client, const std::string& bytes) {
    ASSERT_TRUE(other_.ask({}));
    const ScarceMemory scarce(kMost);
    client.send(bytes);
    EXPECT_TRUE(client.ended());
    EXPECT_TRUE(other_.ask({})) << "somebody else's request";
    EXPECT_EQ(server_.metrics().no_memory.read(), 1U);
  }
  void expectServed(const TestRequest& request) {
    const auto reply = server_.connect().ask(request);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status(), 200);
  }

  TestServer server_{Transport::kUnix, {.lanes = 1}};
  FastcgiClient other_;
};

TEST_F(NoMemory, ToKeepTheBeginningOfARequestWith) {
  const TestRequest request{.body = std::string(100'000, 'x')};
  FastcgiClient client = server_.connect();
  expectClosed(client, request.bytes().substr(0, 50'000));
  expectServed(request);
}

TEST_F(NoMemory, ToGatherMoreOfARequestWith) {
  const TestRequest request{.body = std::string(100'000, 'x')};
  Rounds rounds(server_);
  FastcgiClient client = server_.connect();
  ASSERT_TRUE(client.send(request.bytes().substr(0, 10'000)));
  rounds.pass();
  expectClosed(client, request.bytes().substr(10'000, 20'000));
  expectServed(request);
}

TEST_F(NoMemory, ToReadManyParametersWith) {
  TestRequest request;
  for (int i = 0; i < 1000; ++i) request.params.emplace_back("N", "v");
  FastcgiClient client = server_.connect();
  expectClosed(client, request.bytes());
  expectServed(request);
}

TEST_F(NoMemory, ToReadALongParameterWith) {
  const TestRequest request{.params = {{"N", std::string(30'000, 'v')}}};
  FastcgiClient client = server_.connect();
  expectClosed(client, request.bytes());
  expectServed(request);
}

/// Not even where there was for one before: what that took is not kept.
TEST_F(NoMemory, ToWriteALongAnswerWith) {
  const std::string text(kSmallAnswerBytes - 10, 'a');
  server_.handler->on_receive = [&text](Exchange& exchange) {
    exchange.response = Response(200);
    if (exchange.request.param("LONG")) exchange.response.body = text;
    return Route::kAnswered;
  };
  FastcgiClient client = server_.connect();
  const TestRequest request{.params = {{"LONG", "yes"}}, .keep = true};
  ASSERT_TRUE(client.ask(request));
  ASSERT_TRUE(other_.ask({.keep = true}));
  {
    const ScarceMemory scarce(kMost);
    client.send(request.bytes());
    EXPECT_TRUE(client.ended());
    EXPECT_TRUE(other_.ask({})) << "somebody else's request";
    EXPECT_EQ(server_.metrics().write_failures.read(), 1U);
  }
  expectServed(request);
}

}  // namespace
}  // namespace sessiond

#endif
