#include "fastcgi/question.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/errno_text.h"
#include "base/parse.h"
#include "base/unique_fd.h"
#include "fastcgi/records.h"
#include "os/host_port.h"
#include "os/host_resolver.h"
#include "os/timed_socket.h"
#include "os/unix_socket.h"

namespace sessiond {
namespace {

constexpr std::size_t kLargestRecord = 65528;  // a multiple of eight below what its length can say
constexpr std::size_t kLargestAnswer = std::size_t{16} * 1024 * 1024;
constexpr std::uint16_t kRequestId = 1;

Expected<UniqueFd, std::string> connectTcp(const std::string& text, SteadyTime deadline) {
  const auto place = parseHostPort(text);
  if (!place || !place->port) return Unexpected(std::string("no address"));
  HostResolver resolver(place->host, *place->port);
  const ResolvedAddresses found = resolver.resolve(deadline);
  if (!found) return Unexpected(found.error());
  int error = EADDRNOTAVAIL;
  for (const SocketAddress& one : *found) {
    UniqueFd fd(::socket(one.get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    error = fd ? connectBy(fd.get(), one.get(), one.length, deadline) : errno;
    if (error == 0) return fd;
  }
  return Unexpected(errnoText(error));
}

Expected<UniqueFd, std::string> connectTo(const std::string& socket, SteadyTime deadline) {
  if (!socket.starts_with('/')) return connectTcp(socket, deadline);
  auto connected = connectUnix(socket, deadline);
  if (!connected) return Unexpected(errnoText(connected.error()));
  return *std::move(connected);
}

void appendRecord(std::string& bytes, RecordType type, std::string_view content) {
  const auto header = recordHeader(type, kRequestId, content.size());
  bytes.append(header.data(), header.size());
  bytes += content;
}

void appendLength(std::string& bytes, std::size_t length) {
  if (length < kShortLength) {
    bytes += static_cast<char>(length);
    return;
  }
  bytes += static_cast<char>(length >> 24 | 0x80);
  for (const int shift : {16, 8, 0}) bytes += static_cast<char>(length >> shift & 0xff);
}

std::string requestOf(const FastcgiParams& params) {
  std::string pairs;
  for (const auto& [name, value] : params) {
    appendLength(pairs, name.size());
    appendLength(pairs, value.size());
    pairs += name;
    pairs += value;
  }
  std::string bytes;
  constexpr char kResponder = 1;
  appendRecord(bytes, RecordType::kBeginRequest, std::string({0, kResponder, 0, 0, 0, 0, 0, 0}));
  for (std::size_t at = 0; at < pairs.size(); at += kLargestRecord) {
    appendRecord(bytes, RecordType::kParams, std::string_view(pairs).substr(at, kLargestRecord));
  }
  appendRecord(bytes, RecordType::kParams, {});
  appendRecord(bytes, RecordType::kStdin, {});
  return bytes;
}

/// What the records hold that are whole; nullopt: the last one is still to come.
std::optional<std::string> outputIn(std::string_view bytes) {
  std::string output;
  while (bytes.size() >= kRecordHeaderBytes) {
    const RecordHeader header = readRecordHeader(bytes.data());
    const std::size_t whole = kRecordHeaderBytes + header.content + header.padding;
    if (bytes.size() < whole) return std::nullopt;
    if (header.type == RecordType::kStdout) output += bytes.substr(kRecordHeaderBytes, header.content);
    if (header.type == RecordType::kEndRequest) return output;
    bytes.remove_prefix(whole);
  }
  return std::nullopt;
}

Expected<std::string, std::string> receiveOutput(int fd, SteadyTime deadline) {
  std::string bytes;
  std::array<char, 16384> buffer{};
  while (bytes.size() < kLargestAnswer) {
    if (auto output = outputIn(bytes)) return *std::move(output);
    const ssize_t count = receiveBy(fd, buffer, deadline);
    if (count == 0) return Unexpected(std::string("it closes the connection without an answer"));
    if (count < 0) return Unexpected(std::string(kNoAnswerInTime));
    bytes.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return Unexpected(std::string("an answer without an end"));
}

}  // namespace

std::string FastcgiAnswer::header(std::string_view name) const {
  for (std::string_view rest = head; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(std::min(line.size() + 2, rest.size()));
    const std::size_t colon = line.find(": ");
    if (colon != std::string_view::npos && sameWithoutCase(line.substr(0, colon), name)) {
      return std::string(line.substr(colon + 2));
    }
  }
  return "";
}

Expected<FastcgiAnswer, std::string> askFastcgi(const std::string& socket, const FastcgiParams& params,
                                                milliseconds patience) {
  const SteadyTime deadline = SteadyClock::now() + patience;
  const auto connected = connectTo(socket, deadline);
  if (!connected) return Unexpected(connected.error());
  if (!sendBy(connected->get(), requestOf(params), deadline)) return Unexpected(std::string("it takes no question"));
  auto output = receiveOutput(connected->get(), deadline);
  if (!output) return Unexpected(output.error());
  const std::size_t end = output->find("\r\n\r\n");
  if (end == std::string::npos) return Unexpected(std::string("its answer has no end of headers"));
  FastcgiAnswer answer{.head = output->substr(0, end), .body = output->substr(end + 4)};
  answer.status = parseInteger<int>(answer.header("Status").substr(0, 3)).value_or(0);
  return answer;
}

}  // namespace sessiond
