// How an answer is written to a socket that does not take all of it at once.

#include "fastcgi/fastcgi_connection.h"

#include <sys/socket.h>

#include <array>
#include <chrono>
#include <string>
#include <thread>

#include "base/unique_fd.h"
#include "fastcgi/answer_records.h"
#include "support/fastcgi_client.h"

namespace sessiond {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class FastcgiConnectionTest : public testing::Test {
 protected:
  FastcgiConnectionTest() {
    int pair[2];
    ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
    ours_.reset(pair[0]);
    peer_.reset(pair[1]);
    const std::string request = TestRequest{}.bytes();
    ParamPlaces params;
    const FramingResult framing = checkFraming(request, params);
    EXPECT_TRUE(connection_.read(ours_, request, framing, params.view()));
    response_.body.assign(4 * 1024 * 1024, 'x');
    for (std::size_t i = 0; i < response_.body.size(); i += 1009) response_.body[i] = static_cast<char>('a' + i % 26);
  }

  std::string readAll() const {
    std::string all;
    std::array<char, 10'000> piece;
    for (ssize_t got = 1; got > 0; all.append(piece.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)))) {
      got = ::recv(peer_.get(), piece.data(), piece.size(), 0);
    }
    return all;
  }

  UniqueFd ours_;
  UniqueFd peer_;
  FastcgiConnection connection_;
  Response response_{200};
};

TEST_F(FastcgiConnectionTest, WithoutPatienceNothingIsWaitedFor) {
  const auto begun = SteadyClock::now();
  EXPECT_FALSE(connection_.answer(response_, milliseconds(0)));
  EXPECT_LT(SteadyClock::now() - begun, seconds(4));
}

TEST_F(FastcgiConnectionTest, PatienceHasAnEnd) {
  EXPECT_FALSE(connection_.answer(response_, milliseconds(100)));
}

TEST_F(FastcgiConnectionTest, WhoReadsSlowlyGetsItWhole) {
  std::string got;
  {
    const std::jthread reader([&] { got = readAll(); });
    EXPECT_TRUE(connection_.answer(response_, seconds(60)));
    ours_.reset();
  }
  std::string expected;
  appendAnswer(response_, 1, expected);
  EXPECT_TRUE(got == expected);
}

}  // namespace
}  // namespace sessiond
