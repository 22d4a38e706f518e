#include "support/scripted_redis.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstdlib>
#include <cstring>

#include "base/check.h"

namespace sessiond {
namespace {

bool readable(int fd) {
  pollfd entry{.fd = fd, .events = POLLIN, .revents = 0};
  return poll(&entry, 1, 10) > 0;
}

}  // namespace

ScriptedRedis::ScriptedRedis(Script script)
    : script_(std::move(script)), listener_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = folder_ / "redis.sock";
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  SESSIOND_CHECK(bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  SESSIOND_CHECK(listen(listener_.get(), 16) == 0);
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

ScriptedRedis::~ScriptedRedis() {
  thread_.request_stop();
  thread_.join();
}

std::string ScriptedRedis::url() const {
  return "unix://" + folder_ / "redis.sock";
}

void ScriptedRedis::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (!readable(listener_.get())) continue;
    const UniqueFd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (fd) serve(stop, fd.get(), ++connections_);
  }
}

void ScriptedRedis::serve(const std::stop_token& stop, int fd, int connection) {
  std::array<char, 65536> buffer;
  while (!stop.stop_requested()) {
    if (!readable(fd)) continue;
    const ssize_t size = recv(fd, buffer.data(), buffer.size(), 0);
    if (size <= 0) return;
    const auto [bytes, is_last] = script_({buffer.data(), static_cast<std::size_t>(size)}, connection);
    if (bytes.empty() || send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0 || is_last) return;
  }
}

}  // namespace sessiond
