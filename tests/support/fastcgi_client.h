// A raw FastCGI client: records put together byte by byte, so that a test can send what no web server would, and a
// connection that reads answers or the end.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/unique_fd.h"

namespace sessiond {

inline constexpr std::uint16_t kResponderRole = 1;
inline constexpr std::uint16_t kAuthorizerRole = 2;
inline constexpr std::uint16_t kFilterRole = 3;

/// One record: header, content, padding (zeros).
std::string fastcgiRecord(std::uint8_t type, std::uint16_t id, std::string_view content, std::uint8_t padding = 0);
std::string beginRecord(std::uint16_t role = kResponderRole, bool keep = true, std::uint16_t id = 1);
/// PARAMS (4) or STDIN (5) records of at most 65,535 bytes each, then the empty one that ends the stream.
std::string streamRecords(std::uint8_t type, std::string_view bytes, std::uint16_t id = 1);
/// One parameter as it lies in a PARAMS stream.
std::string nameValue(std::string_view name, std::string_view value);

struct TestRequest {
  std::vector<std::pair<std::string, std::string>> params;
  std::string body;
  std::uint16_t role = kResponderRole;
  bool keep = true;
  bool with_stdin = true;
  std::uint16_t id = 1;

  /// The whole request as bytes.
  std::string bytes() const;
};

struct FastcgiReply {
  std::string out;              ///< STDOUT's content
  std::uint16_t id = 0;         ///< of END_REQUEST
  int protocol_status = -1;     ///< of END_REQUEST
  std::size_t stray_bytes = 0;  ///< received behind END_REQUEST

  int status() const;  ///< from `Status:`, which must be the first line; 0 without one
  std::string body() const;
};

/// A connection. Not thread-safe. Every wait is bounded.
class FastcgiClient {
 public:
  static constexpr std::chrono::milliseconds kPatience{10'000};

  explicit FastcgiClient(UniqueFd socket) : socket_(std::move(socket)) {}
  /// Without a descriptor when nobody listens.
  static FastcgiClient connectUnix(const std::string& path);
  static FastcgiClient connectTcp(const std::string& host, std::uint16_t port);

  int fd() const { return socket_.get(); }
  bool connected() const { return static_cast<bool>(socket_); }

  /// Sends everything, waiting for room; false when the peer is gone or does not read.
  bool send(std::string_view bytes);
  /// Sends without waiting: how many bytes the kernel took at once.
  std::size_t sendWhatFits(std::string_view bytes);
  /// Waits until the other side has all that was sent: of a unix socket who reads it, else its system.
  bool arrived() const;
  /// Reads one reply to its END_REQUEST; nullopt when the connection ends before, or nothing comes in time.
  std::optional<FastcgiReply> receive(std::chrono::milliseconds patience = kPatience);
  /// send() and receive().
  std::optional<FastcgiReply> ask(const TestRequest& request);
  /// Reads until the end of the connection: was there one in time, and did nothing else come?
  bool ended(std::chrono::milliseconds patience = kPatience);
  void close() { socket_.reset(); }

 private:
  enum class Reading { kBytes, kEnd, kTimeout };
  Reading readMore(std::chrono::steady_clock::time_point deadline);

  UniqueFd socket_;
  std::string received_;
};

}  // namespace sessiond
