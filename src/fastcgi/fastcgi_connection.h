// FastcgiConnection: one request at a time, read from the bytes that a lane has received, and its answer, written to
// the descriptor.
//
// It is not a server and has no view on what it reads: only what checkFraming() found whole and usual may get here.
// Parameters are taken from where they were found there, all with one copy; a body is read by libfcgi
// (libfcgi_body.h).

#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "fastcgi/framing_check.h"
#include "http/request.h"
#include "http/response.h"

namespace sessiond {

/// Not thread-safe: one thread at a time. Reused for one request after another, on the same or other descriptors.
class FastcgiConnection {
 public:
  FastcgiConnection() { params_.reserve(32); }
  ~FastcgiConnection() { abandon(); }
  FastcgiConnection(const FastcgiConnection&) = delete;
  FastcgiConnection& operator=(const FastcgiConnection&) = delete;

  /// Reads the request that `bytes` are, its body included; nothing refers to them afterwards. `framing` and `params`
  /// are what checkFraming() said of them. On success request() is good until answer(), abandon() or the next read().
  /// False: the connection is of no use any more (and `fd` empty if libfcgi closed it). REQUIRES: prepareLibfcgi();
  /// `bytes` are the request and nothing else.
  [[nodiscard]] bool read(UniqueFd& fd, std::string_view bytes, const FramingResult& framing,
                          std::span<const ParamPlace> params);

  const Request& request() const { return request_; }

  /// Writes the response and the end of the request; the descriptor is not used any more, nor is request(), which is
  /// wiped. `patience` zero: nothing is waited for, and what the socket's buffer does not take is a failure (a small
  /// answer always fits when the peer reads its answers). Otherwise waits at most about that long in all for a peer
  /// that reads slowly. False: not everything was written, the connection must be closed.
  [[nodiscard]] bool answer(const Response& response, std::chrono::milliseconds patience);

  /// Lets go of the request, answered or not.
  void abandon();

 private:
  bool take(UniqueFd& fd, std::string_view bytes, const FramingResult& framing, std::span<const ParamPlace> params);
  void takeParams(std::string_view bytes, const FramingResult& framing, std::span<const ParamPlace> places);
  bool write(std::string_view bytes, std::chrono::milliseconds patience) const;
  bool waitUntilWritable(SteadyTime deadline) const;

  int fd_ = -1;
  std::uint16_t request_id_ = 0;
  Request request_;
  std::string param_text_;     // this and the next three are reused, so that a request allocates nothing
  std::vector<Param> params_;  // in param_text_
  std::string body_;
  std::string answer_;
};

}  // namespace sessiond
