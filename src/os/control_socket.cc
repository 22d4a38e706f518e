#include "os/control_socket.h"

#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/errno_text.h"
#include "base/log.h"
#include "base/parse.h"
#include "os/timed_socket.h"

namespace sessiond {
namespace {

constexpr std::size_t kLongestQuestion = std::size_t{256} * 1024;  // with all cookies of a request, say
constexpr std::size_t kLongestAnswer = std::size_t{1024} * 1024;

/// How long the daemon waits for a question, or for its answer to be taken; it does nothing else meanwhile.
constexpr std::chrono::seconds kDaemonsPatience{1};

SteadyTime after(milliseconds patience) {
  return SteadyClock::now() + patience;
}

/// The user id of whoever is at the other end; nothing when the kernel does not say.
std::optional<uid_t> peerOf(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  return peer.uid;
}

/// Up to the end of the line (`one_line`) or of the stream; nothing when that does not come in time, or is too long.
std::optional<std::string> receive(int fd, bool one_line, std::size_t limit, SteadyTime deadline) {
  std::string bytes;
  std::array<char, 4096> buffer{};
  while (bytes.size() <= limit) {
    const ssize_t count = receiveBy(fd, buffer, deadline);
    if (count < 0) return std::nullopt;
    if (count == 0) return one_line ? std::nullopt : std::optional(bytes);
    bytes.append(buffer.data(), static_cast<std::size_t>(count));
    if (one_line && bytes.ends_with('\n')) return bytes.substr(0, bytes.size() - 1);
  }
  return std::nullopt;
}

std::string oneLine(std::string text) {
  for (char& byte : text) {
    if (byte == '\n') byte = ' ';
  }
  return text;
}

std::string render(const ControlAnswer& answer) {
  std::string text = std::to_string(answer.exit_code) + "\n";
  for (const std::string& line : answer.lines) text += oneLine(line) + "\n";
  return text;
}

std::optional<ControlAnswer> parse(std::string_view text) {
  ControlAnswer answer;
  std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::optional<int> code = parseInteger<int>(text.substr(0, end));
  if (!code || *code < 0 || *code > 255) return std::nullopt;
  answer.exit_code = *code;
  for (text.remove_prefix(end + 1); (end = text.find('\n')) != std::string_view::npos; text.remove_prefix(end + 1)) {
    answer.lines.emplace_back(text.substr(0, end));
  }
  return answer;
}

}  // namespace

Expected<ControlSocket, std::string> ControlSocket::open(const std::string& path) {
  Expected<UnixSocket, std::string> socket = UnixSocket::open(settingsFor(path));
  if (!socket) return Unexpected(socket.error());
  return ControlSocket(*std::move(socket));
}

void ControlSocket::serve(const std::function<ControlAnswer(std::string_view question)>& answer) {
  const UniqueFd peer(::accept4(socket_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!peer) return;
  // Read in any case: what is closed unread takes the answer with it.
  const std::optional<std::string> question = receive(peer.get(), true, kLongestQuestion, after(kDaemonsPatience));
  const std::optional<uid_t> user = peerOf(peer.get());
  if (!user || (*user != 0 && *user != ::geteuid())) {
    logWarn("control: somebody who is neither root nor this daemon's user was turned away",
            {{"uid", user ? std::to_string(*user) : "unknown"}});
    sendBy(peer.get(), render({.exit_code = EX_NOPERM, .lines = {"only root may ask this daemon"}}),
           after(kDaemonsPatience));
    return;
  }
  if (!question) return;
  const std::string text = render(answer(*question));
  sendBy(peer.get(), text, after(kDaemonsPatience));
}

Expected<ControlAnswer, ControlAnswer> askDaemon(const std::string& path, std::string_view question,
                                                 milliseconds patience) {
  const auto failed = [](int code, std::string line) {
    return Unexpected(ControlAnswer{.exit_code = code, .lines = {std::move(line)}});
  };
  const SteadyTime deadline = after(patience);
  const Expected<UniqueFd, int> socket = connectUnix(path, deadline);
  if (!socket) {
    const std::string why = errnoText(socket.error());
    if (socket.error() == EACCES || socket.error() == EPERM) {
      return failed(EX_NOPERM, path + ": " + why + "; only root may ask the daemon");
    }
    return failed(
        EX_UNAVAILABLE,
        path + ": " + why + "; does sessiond run, with this sessiond.control_socket? systemctl status sessiond");
  }
  if (!sendBy(socket->get(), std::string(question) + "\n", deadline)) {
    return failed(EX_PROTOCOL, path + ": the daemon takes no question");
  }
  const std::optional<std::string> text = receive(socket->get(), false, kLongestAnswer, deadline);
  std::optional<ControlAnswer> answer = text ? parse(*text) : std::nullopt;
  if (!answer) return failed(EX_PROTOCOL, path + ": the daemon does not answer");
  return *std::move(answer);
}

}  // namespace sessiond
