// libfcgi_responder: the floor that sessiond is measured against, libfcgi and no work at all. Every request is answered
// with 204 and two headers.
//
//   libfcgi_responder textbook SOCKET THREADS   as libfcgi's own threaded example: threads that take turns in accepting
//   libfcgi_responder kept SOCKET LANES         connections that nginx keeps, in one epoll loop for each lane
//
// Nothing of sessiond is in it, so that nothing of sessiond's own cost hides in the floor. Not an example to follow:
// the kept form hands libfcgi bytes that nobody has checked, and waits on half a request.

#include <fcgiapp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int kBacklog = 1024;

void answer(FCGX_Request& request) {
  FCGX_PutS("Status: 204 No Content\r\nX-Session-Status: valid\r\nX-User-Id: 1\r\n\r\n", request.out);
  FCGX_Finish_r(&request);
}

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

// --- textbook ----------------------------------------------------------------------------------------------------

void acceptInTurns(int listener, std::mutex& turn) {
  FCGX_Request request;
  FCGX_InitRequest(&request, listener, 0);
  for (;;) {
    {
      const std::lock_guard lock(turn);
      if (FCGX_Accept_r(&request) < 0) return;
    }
    answer(request);
  }
}

void serveTextbook(const std::string& path, int threads) {
  const int listener = FCGX_OpenSocket(path.c_str(), kBacklog);
  if (listener < 0) fail("FCGX_OpenSocket");
  std::mutex turn;
  std::vector<std::jthread> pool;
  for (int i = 0; i < threads; i++) pool.emplace_back([&] { acceptInTurns(listener, turn); });
}

// --- kept --------------------------------------------------------------------------------------------------------

int listenOn(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) fail("socket path too long");
  std::memcpy(address.sun_path, path.c_str(), path.size());
  ::unlink(path.c_str());
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener < 0 || ::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) fail("bind");
  if (::listen(listener, kBacklog) < 0) fail("listen");
  return listener;
}

void watch(int epoll, int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll_ctl");
}

/// Lets libfcgi read one request from our descriptor: it accepts only when ipcFd is negative.
void serveOne(int fd) {
  FCGX_Request request;
  FCGX_InitRequest(&request, -1, FCGI_FAIL_ACCEPT_ON_INTR);
  request.ipcFd = fd;
  request.keepConnection = 1;
  if (FCGX_Accept_r(&request) == 0) answer(request);
}

void runLane(int listener) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) fail("epoll_create1");
  watch(epoll, listener, EPOLLIN | EPOLLEXCLUSIVE);
  std::array<epoll_event, 64> ready{};
  for (;;) {
    const int count = ::epoll_wait(epoll, ready.data(), static_cast<int>(ready.size()), -1);
    for (int i = 0; i < count; i++) {
      const int fd = ready[static_cast<std::size_t>(i)].data.fd;
      if (fd != listener) {
        serveOne(fd);
      } else if (const int accepted = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC); accepted >= 0) {
        watch(epoll, accepted, EPOLLIN);
      }
    }
  }
}

void serveKept(const std::string& path, int lanes) {
  const int listener = listenOn(path);
  std::vector<std::jthread> pool;
  for (int i = 0; i < lanes; i++) pool.emplace_back([=] { runLane(listener); });
}

}  // namespace

int main(int argc, char** argv) {
  const std::string form = argc == 4 ? argv[1] : "";
  const int threads = argc == 4 ? std::atoi(argv[3]) : 0;
  if (threads < 1 || (form != "textbook" && form != "kept")) {
    std::fputs("usage: libfcgi_responder textbook|kept SOCKET THREADS\n", stderr);
    return 64;
  }
  FCGX_Init();
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGTERM, SIG_DFL);  // libfcgi catches it and then ends nothing but its own accept
  if (form == "textbook") {
    serveTextbook(argv[2], threads);
  } else {
    serveKept(argv[2], threads);
  }
  return 0;
}
