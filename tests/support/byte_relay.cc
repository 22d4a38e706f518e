#include "support/byte_relay.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/unique_fd.h"

namespace sessiond {

namespace {

sockaddr_un addressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  SESSIOND_CHECK(path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

UniqueFd connectTo(const std::string& path) {
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = addressOf(path);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fd.reset();
  return fd;
}

struct Pair {
  UniqueFd client;
  UniqueFd server;
};

/// Moves what is there; false when the connection has ended.
bool pump(int from, int to, bool swallowing) {
  char buffer[65536];
  const ssize_t count = recv(from, buffer, sizeof buffer, 0);
  if (count <= 0) return false;
  return swallowing || send(to, buffer, static_cast<std::size_t>(count), MSG_NOSIGNAL) == count;
}

}  // namespace

ByteRelay::ByteRelay(std::string target_path) : target_path_(std::move(target_path)) {
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = addressOf(folder_ / "relay.sock");
  SESSIOND_CHECK(bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  SESSIOND_CHECK(listen(listener_, 64) == 0);
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

ByteRelay::~ByteRelay() {
  thread_.request_stop();
  thread_.join();
  close(listener_);
}

std::string ByteRelay::url() const {
  return "unix://" + folder_ / "relay.sock";
}

void ByteRelay::run(const std::stop_token& stop) {
  std::vector<Pair> pairs;
  while (!stop.stop_requested()) {
    std::vector<pollfd> polled = {{listener_, POLLIN, 0}};
    for (const Pair& pair : pairs) {
      polled.push_back({pair.client.get(), POLLIN, 0});
      polled.push_back({pair.server.get(), POLLIN, 0});
    }
    if (poll(polled.data(), polled.size(), 20) <= 0) continue;
    std::vector<Pair> open;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const bool swallowing = swallowing_;
      bool alive = true;
      if (polled[1 + 2 * i].revents != 0) alive = pump(pairs[i].client.get(), pairs[i].server.get(), swallowing);
      if (polled[2 + 2 * i].revents != 0 && alive) {
        alive = pump(pairs[i].server.get(), pairs[i].client.get(), swallowing);
      }
      if (alive) open.push_back(std::move(pairs[i]));
    }
    pairs = std::move(open);
    if (polled[0].revents == 0) continue;
    Pair pair{UniqueFd(accept(listener_, nullptr, nullptr)), connectTo(target_path_)};
    if (pair.client && pair.server) pairs.push_back(std::move(pair));
  }
}

}  // namespace sessiond
