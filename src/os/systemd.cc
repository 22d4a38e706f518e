#include "os/systemd.h"

#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "base/errno_text.h"

namespace sessiond {
namespace {

using namespace std::string_literals;

/// The names come as an array that the caller frees, each name and the array itself.
struct PassedSockets {
  std::vector<UniqueFd> sockets;
  std::vector<std::string> names;
};

Expected<PassedSockets, std::string> takePassedSockets() {
  char** names = nullptr;
  const int count = sd_listen_fds_with_names(/*unset_environment=*/1, &names);
  if (count < 0) return Unexpected("systemd: passed sockets: "s + errnoText(-count));
  PassedSockets passed;
  for (int i = 0; i < count; ++i) {
    passed.sockets.emplace_back(SD_LISTEN_FDS_START + i);
    passed.names.emplace_back(names[i]);
    std::free(names[i]);
  }
  std::free(static_cast<void*>(names));
  return passed;
}

/// Control characters would begin another assignment of the message.
std::string oneLine(std::string_view text) {
  std::string line(text);
  for (char& byte : line) {
    if (static_cast<unsigned char>(byte) < ' ') byte = ' ';
  }
  return line;
}

void notify(const std::string& message) {
  sd_notify(/*unset_environment=*/0, message.c_str());
}

}  // namespace

Expected<UniqueFd, std::string> takeListeningSocket() {
  Expected<PassedSockets, std::string> passed = takePassedSockets();
  if (!passed) return Unexpected(passed.error());
  if (passed->sockets.empty()) return UniqueFd();
  if (passed->sockets.size() > 1) {
    return Unexpected("systemd: passed "s + std::to_string(passed->sockets.size()) + " sockets but 1 is expected");
  }
  const std::string& name = passed->names.front();
  if (name != kListeningSocketName) {
    return Unexpected("systemd: the passed socket is named \"" + oneLine(name) +
                      "\" but FileDescriptorName=" + std::string(kListeningSocketName) + " is expected");
  }
  UniqueFd& socket = passed->sockets.front();
  if (sd_is_socket(socket.get(), AF_UNSPEC, SOCK_STREAM, /*listening=*/1) <= 0) {
    return Unexpected("systemd: the passed descriptor is no listening stream socket (ListenStream= is expected)"s);
  }
  return std::move(socket);
}

std::optional<std::chrono::microseconds> watchdogInterval() {
  std::uint64_t microseconds = 0;
  if (sd_watchdog_enabled(/*unset_environment=*/0, &microseconds) <= 0) return std::nullopt;
  return std::chrono::microseconds(microseconds);
}

void notifyReady(std::string_view status) {
  notify("READY=1\nSTATUS=" + oneLine(status));
}

void notifyReloading() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t microseconds = std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
  notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

void notifyStopping(std::string_view status, std::chrono::microseconds longest) {
  notify("STOPPING=1\nSTATUS=" + oneLine(status) + "\nEXTEND_TIMEOUT_USEC=" + std::to_string(longest.count()));
}

void notifyWatchdog() {
  notify("WATCHDOG=1");
}

}  // namespace sessiond
