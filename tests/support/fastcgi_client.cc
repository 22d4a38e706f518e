#include "support/fastcgi_client.h"

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/parse.h"
#include "support/soon.h"

namespace sessiond {

namespace {

constexpr std::size_t kHeaderBytes = 8;
constexpr std::uint8_t kEndRequest = 3;
constexpr std::uint8_t kStdout = 6;

unsigned at(const std::string& bytes, std::size_t index) {
  return static_cast<unsigned char>(bytes[index]);
}

void appendLength(std::string& bytes, std::size_t length) {
  if (length < 128) {
    bytes += static_cast<char>(length);
    return;
  }
  bytes += static_cast<char>(length >> 24 | 0x80);
  for (const int shift : {16, 8, 0}) bytes += static_cast<char>(length >> shift & 0xff);
}

int left(std::chrono::steady_clock::time_point deadline) {
  const auto rest = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<std::int64_t>(rest.count(), 0));
}

UniqueFd connectedSocket(int family, const sockaddr* address, socklen_t size) {
  UniqueFd socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(socket.get(), address, size) != 0) socket.reset();
  return socket;
}

}  // namespace

std::string fastcgiRecord(std::uint8_t type, std::uint16_t id, std::string_view content, std::uint8_t padding) {
  std::string record;
  record += '\1';
  record += static_cast<char>(type);
  record += static_cast<char>(id >> 8);
  record += static_cast<char>(id & 0xff);
  record += static_cast<char>(content.size() >> 8 & 0xff);
  record += static_cast<char>(content.size() & 0xff);
  record += static_cast<char>(padding);
  record += '\0';
  record += content;
  record.append(padding, '\0');
  return record;
}

std::string beginRecord(std::uint16_t role, bool keep, std::uint16_t id) {
  std::string body(8, '\0');
  body[0] = static_cast<char>(role >> 8);
  body[1] = static_cast<char>(role & 0xff);
  body[2] = keep ? '\1' : '\0';
  return fastcgiRecord(1, id, body);
}

std::string streamRecords(std::uint8_t type, std::string_view bytes, std::uint16_t id) {
  std::string records;
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, 65535);
    records += fastcgiRecord(type, id, piece);
    bytes.remove_prefix(piece.size());
  }
  return records + fastcgiRecord(type, id, "");
}

std::string nameValue(std::string_view name, std::string_view value) {
  std::string pair;
  appendLength(pair, name.size());
  appendLength(pair, value.size());
  pair += name;
  pair += value;
  return pair;
}

std::string TestRequest::bytes() const {
  std::string stream;
  for (const auto& [name, value] : params) stream += nameValue(name, value);
  std::string all = beginRecord(role, keep, id) + streamRecords(4, stream, id);
  if (with_stdin) all += streamRecords(5, body, id);
  return all;
}

int FastcgiReply::status() const {
  constexpr std::string_view kStatus = "Status: ";
  if (!out.starts_with(kStatus)) return 0;
  return parseInteger<int>(std::string_view(out).substr(kStatus.size(), 3)).value_or(0);
}

std::string FastcgiReply::body() const {
  const std::size_t end = out.find("\r\n\r\n");
  return end == std::string::npos ? "" : out.substr(end + 4);
}

FastcgiClient FastcgiClient::connectUnix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return FastcgiClient(connectedSocket(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

FastcgiClient FastcgiClient::connectTcp(const std::string& host, std::uint16_t port) {
  if (host.find(':') != std::string::npos) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    ::inet_pton(AF_INET6, host.c_str(), &address.sin6_addr);
    return FastcgiClient(connectedSocket(AF_INET6, reinterpret_cast<const sockaddr*>(&address), sizeof address));
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  return FastcgiClient(connectedSocket(AF_INET, reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

bool FastcgiClient::send(std::string_view bytes) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!bytes.empty()) {
    const std::size_t sent = sendWhatFits(bytes);
    bytes.remove_prefix(sent);
    if (sent > 0) continue;
    pollfd waiting{.fd = fd(), .events = POLLOUT, .revents = 0};
    if (::poll(&waiting, 1, left(deadline)) <= 0 || (waiting.revents & (POLLERR | POLLHUP)) != 0) return false;
  }
  return true;
}

std::size_t FastcgiClient::sendWhatFits(std::string_view bytes) {
  const ssize_t sent = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent > 0 ? static_cast<std::size_t>(sent) : 0;
}

bool FastcgiClient::arrived() const {
  return soon([this] {
    int under_way = 0;
    return ::ioctl(fd(), SIOCOUTQ, &under_way) != 0 || under_way == 0;
  });
}

FastcgiClient::Reading FastcgiClient::readMore(std::chrono::steady_clock::time_point deadline) {
  pollfd waiting{.fd = fd(), .events = POLLIN, .revents = 0};
  if (::poll(&waiting, 1, left(deadline)) <= 0) return Reading::kTimeout;
  std::array<char, 65536> buffer;
  const ssize_t count = ::recv(fd(), buffer.data(), buffer.size(), 0);
  if (count <= 0) return Reading::kEnd;
  received_.append(buffer.data(), static_cast<std::size_t>(count));
  return Reading::kBytes;
}

std::optional<FastcgiReply> FastcgiClient::receive(std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  FastcgiReply reply;
  for (;;) {
    while (received_.size() >= kHeaderBytes) {
      const std::size_t content = at(received_, 4) << 8 | at(received_, 5);
      const std::size_t whole = kHeaderBytes + content + at(received_, 6);
      if (received_.size() < whole) break;
      const unsigned type = at(received_, 1);
      if (type == kStdout) reply.out += received_.substr(kHeaderBytes, content);
      if (type == kEndRequest) {
        reply.id = static_cast<std::uint16_t>(at(received_, 2) << 8 | at(received_, 3));
        reply.protocol_status = static_cast<int>(at(received_, kHeaderBytes + 4));
      }
      received_.erase(0, whole);
      if (type == kEndRequest) {
        reply.stray_bytes = received_.size();
        return reply;
      }
    }
    if (readMore(deadline) != Reading::kBytes) return std::nullopt;
  }
}

std::optional<FastcgiReply> FastcgiClient::ask(const TestRequest& request) {
  if (!send(request.bytes())) return std::nullopt;
  return receive();
}

bool FastcgiClient::ended(std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    switch (readMore(deadline)) {
      case Reading::kBytes:
        break;
      case Reading::kEnd:
        return received_.empty();
      case Reading::kTimeout:
        return false;
    }
  }
}

}  // namespace sessiond
