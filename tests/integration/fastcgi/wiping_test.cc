// What a request brought is in no memory of the process any more once it has been answered or refused. The client is a
// process of its own, which alone knows the text as it stands.

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <fstream>

#include "integration/fastcgi/test_server.h"

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // their memory is too large to be looked through

namespace sessiond {
namespace {

/// The text with every byte changed, so that looking for it puts it nowhere.
constexpr std::array<unsigned char, 24> kVeiled = {0x8f, 0xe2, 0xd1, 0xb7, 0xa4, 0x93, 0xc8, 0xf6,
                                                   0xe9, 0xbd, 0x9a, 0xd4, 0xc3, 0xfe, 0xa1, 0xb0,
                                                   0x95, 0xdc, 0xe7, 0xfa, 0xad, 0x98, 0xcb, 0xd6};
constexpr unsigned char kVeil = 0xaa;

bool standsAt(const char* bytes) {
  for (std::size_t i = 0; i < kVeiled.size(); ++i) {
    if ((static_cast<unsigned char>(bytes[i]) ^ kVeil) != kVeiled[i]) return false;
  }
  return true;
}

std::size_t placesIn(std::string_view bytes) {
  std::size_t found = 0;
  const int first = kVeiled[0] ^ kVeil;
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (at + kVeiled.size() <= end) {
    at = static_cast<const char*>(std::memchr(at, first, static_cast<std::size_t>(end - at)));
    if (at == nullptr || at + kVeiled.size() > end) break;
    if (standsAt(at++)) ++found;
  }
  return found;
}

/// In how many places of this process's writable memory the text stands.
std::size_t placesInMemory() {
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  std::vector<char> piece(kPiece + kVeiled.size());
  const UniqueFd memory(::open("/proc/self/mem", O_RDONLY | O_CLOEXEC));
  std::size_t found = 0;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0;
    unsigned long end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx rw", &begin, &end) != 2 || line.find(" rw") == std::string::npos) continue;
    for (unsigned long at = begin; at < end; at += kPiece) {
      const std::size_t wanted = std::min<std::size_t>(end - at, piece.size());
      const ssize_t got = ::pread(memory.get(), piece.data(), wanted, static_cast<off_t>(at));
      if (got > 0) found += placesIn({piece.data(), static_cast<std::size_t>(got)});
    }
  }
  explicit_bzero(piece.data(), piece.size());
  return found;
}

std::string unveiled() {
  std::string text;
  for (const unsigned char byte : kVeiled) text += static_cast<char>(byte ^ kVeil);
  return text;
}

class Wiping : public testing::Test {
 protected:
  using Client = void (*)(FastcgiClient&);

  /// Before there is any other thread: `client` is run in a process of its own as soon as the server listens, and that
  /// process waits for the end of the test with its connection open.
  void startClient(Client client) {
    ASSERT_EQ(::pipe(to_client_.data()), 0);
    ASSERT_EQ(::pipe(from_client_.data()), 0);
    child_ = ::fork();
    ASSERT_GE(child_, 0);
    if (child_ > 0) return;
    ::close(to_client_[1]);  // or it would never end for this process
    ::close(from_client_[0]);
    std::array<char, 256> path{};
    if (::read(to_client_[0], path.data(), path.size() - 1) <= 0) ::_exit(1);
    FastcgiClient connection = FastcgiClient::connectUnix(path.data());
    client(connection);
    const char done = 0;
    if (::write(from_client_[1], &done, 1) != 1) ::_exit(1);
    static_cast<void>(::read(to_client_[0], path.data(), 1));
    ::_exit(0);
  }

  void TearDown() override {
    for (const int fd : to_client_) ::close(fd);
    for (const int fd : from_client_) ::close(fd);
    if (child_ > 0) ::waitpid(child_, nullptr, 0);
  }

  /// Until the client has sent all that it sends, and got its answer if there is one.
  void waitForClient(const TestServer& server) {
    const std::string path = server.path();
    ASSERT_EQ(::write(to_client_[1], path.data(), path.size()), static_cast<ssize_t>(path.size()));
    char done = 0;
    ASSERT_EQ(::read(from_client_[0], &done, 1), 1);
  }

  void expectNothing(Client client, Route route) {
    startClient(client);
    TestServer server(Transport::kUnix, {.lanes = 1});
    std::atomic<std::size_t> seen = 0;
    server.handler->on_receive = [&, route](Exchange& exchange) {
      seen += placesIn(exchange.request.body) + placesIn(exchange.request.param("HTTP_COOKIE").value_or(""));
      if (route == Route::kAnswered) exchange.response = Response(204);
      return route;
    };
    server.handler->on_work = [](Exchange& exchange) { exchange.response = Response(204); };
    server.start();
    waitForClient(server);
    EXPECT_TRUE(soon([] { return placesInMemory() == 0; }));
    seen_ = seen;
  }

  /// How often the text came to the handler.
  std::size_t seen_ = 0;

 private:
  std::array<int, 2> to_client_ = {-1, -1};
  std::array<int, 2> from_client_ = {-1, -1};
  pid_t child_ = -1;
};

void askOnce(FastcgiClient& client) {
  client.ask({.params = {{"A", "b"}}, .body = "user=x&password=" + unveiled()});
}

void askWithACookie(FastcgiClient& client) {
  client.ask({.params = {{"A", "b"}, {"HTTP_COOKIE", "connect.sid=" + unveiled()}}});
}

void askWithACookieInTheFirstOfTwoRecords(FastcgiClient& client) {
  const std::string first = nameValue("HTTP_COOKIE", std::string(3000, '.') + unveiled());
  const std::string second = nameValue("A", std::string(8000, 'b'));
  client.send(beginRecord() + fastcgiRecord(4, 1, first) + streamRecords(4, second) + streamRecords(5, ""));
  client.receive();
}

void askForMuch(FastcgiClient& client) {
  std::string body;
  for (int i = 0; i < 2000; ++i) body += unveiled();
  client.ask({.params = {{"A", "b"}}, .body = std::move(body)});
}

void askInPieces(FastcgiClient& client) {
  const std::string request = TestRequest{.body = std::string(3000, '.') + unveiled() + std::string(3000, '.')}.bytes();
  for (std::size_t at = 0; at < request.size(); at += 500) {
    client.send(std::string_view(request).substr(at, 500));
    if (!client.arrived()) ::_exit(1);  // so that the pieces are received as such
  }
  client.receive();
}

void sendHalf(FastcgiClient& client) {
  const std::string request = TestRequest{.body = unveiled() + std::string(3000, '.')}.bytes();
  client.send(std::string_view(request).substr(0, request.size() - 100));
  client.close();
}

void askTwiceAtOnce(FastcgiClient& client) {
  const std::string request = TestRequest{.body = unveiled()}.bytes();
  client.send(request + request);
  client.ended();
}

void goOnAfterARefusal(FastcgiClient& client) {
  // Longer than any request may be, so that it is refused before the text comes.
  client.send(TestRequest{.params = {{"A", std::string(70000, 'b')}}}.bytes());
  if (!client.receive()) ::_exit(1);
  client.send(unveiled());
  pollfd gone{.fd = client.fd(), .events = 0, .revents = 0};  // POLLHUP: closed, so read
  if (::poll(&gone, 1, 10'000) != 1) ::_exit(1);
}

TEST_F(Wiping, WhatIsKeptIsFound) {
  startClient(askOnce);
  TestServer server(Transport::kUnix, {.lanes = 1});
  std::string kept;
  server.handler->on_receive = [&](Exchange& exchange) {
    kept = exchange.request.body;
    exchange.response = Response(204);
    return Route::kAnswered;
  };
  server.start();
  waitForClient(server);
  EXPECT_GE(placesInMemory(), 1U);  // what it is read into is memory as well
  explicit_bzero(kept.data(), kept.size());
}

TEST_F(Wiping, ABodyIsGoneWithItsAnswerFromTheLane) {
  expectNothing(askOnce, Route::kAnswered);
  EXPECT_EQ(seen_, 1U);
}

TEST_F(Wiping, ACookieIsGoneWithItsAnswer) {
  expectNothing(askWithACookie, Route::kAnswered);
  EXPECT_EQ(seen_, 1U);
}

TEST_F(Wiping, ACookieOfManyRecordsIsGoneWithItsAnswer) {
  expectNothing(askWithACookieInTheFirstOfTwoRecords, Route::kAnswered);
  EXPECT_EQ(seen_, 1U);
}

TEST_F(Wiping, ABodyIsGoneWithItsAnswerFromAWorker) {
  expectNothing(askOnce, Route::kPassword);
  EXPECT_EQ(seen_, 1U);
}

TEST_F(Wiping, ALargeBodyIsGoneToo) {
  expectNothing(askForMuch, Route::kPassword);
  EXPECT_EQ(seen_, 2000U);
}

TEST_F(Wiping, ABodyThatCameInPiecesIsGoneToo) {
  expectNothing(askInPieces, Route::kAnswered);
  EXPECT_EQ(seen_, 1U);
}

TEST_F(Wiping, ARequestThatNeverBecameWholeIsGoneWithItsConnection) {
  expectNothing(sendHalf, Route::kAnswered);
  EXPECT_EQ(seen_, 0U);
}

TEST_F(Wiping, WhatWasRefusedIsGoneToo) {
  expectNothing(askTwiceAtOnce, Route::kAnswered);
  EXPECT_EQ(seen_, 0U);
}

TEST_F(Wiping, WhatComesBehindARefusalIsGoneToo) {
  expectNothing(goOnAfterARefusal, Route::kAnswered);
  EXPECT_EQ(seen_, 0U);
}

}  // namespace
}  // namespace sessiond

#endif
