// FastcgiConnection: libfcgi 2.4.2 on a descriptor of ours, one request at a time. The only place that knows
// fcgiapp.h.
//
// libfcgi's own accepting is left out: it polls, lingers on closing and unlinks sockets. Instead an accepted
// descriptor is put into FCGX_Request::ipcFd, and FCGX_Accept_r takes one request from bytes that were received
// before (libfcgi_input.h); only answers go through the descriptor. That field and keepConnection are marked private
// there; libfcgi_facts_test.cc pins what is relied on. libfcgi is given no parameters: where they stand was found out
// before (framing_check.h), and they are taken from there, all with one copy.
//
// It is not a server and has no view on what it reads: only what checkFraming() found whole and usual may get here.

#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "fastcgi/framing_check.h"
#include "http/request.h"
#include "http/response.h"

namespace sessiond {

/// Not thread-safe: one thread at a time. Reused for one request after another, on the same or other descriptors. The
/// thread that read a request is the one to abandon it: libfcgi's memory goes back to where it came from, and no
/// other thread's allocations have to wait for it.
class FastcgiConnection {
 public:
  /// Once a process, before the first object: readies libfcgi and ignores SIGPIPE. The handlers that libfcgi puts on
  /// SIGTERM and SIGUSR1 are taken back. Thread-safe.
  static void prepareLibrary();

  FastcgiConnection();
  ~FastcgiConnection();
  FastcgiConnection(const FastcgiConnection&) = delete;
  FastcgiConnection& operator=(const FastcgiConnection&) = delete;

  /// Reads the request that `bytes` are, its body included; nothing refers to them afterwards. `framing` and `params`
  /// are what checkFraming() said of it. On success request() is good until answer(), abandon() or the next read().
  /// False: the connection is of no use any more (and `fd` empty if libfcgi closed it).
  [[nodiscard]] bool read(UniqueFd& fd, std::string_view bytes, const FramingResult& framing,
                          std::span<const ParamPlace> params);

  const Request& request() const { return request_; }

  /// Writes the response and the end of the request; the descriptor is not used any more, nor is request(), which is
  /// wiped. `patience` zero: nothing is waited for, and what the socket's buffer does not take is a failure (a small
  /// answer always fits when the peer reads its answers). Otherwise waits at most about that long in all for a peer
  /// that reads slowly. False: not everything was written, the connection must be closed.
  [[nodiscard]] bool answer(const Response& response, std::chrono::milliseconds patience);

  /// Lets go of the request and all of libfcgi's memory, answered or not.
  void abandon();

 private:
  struct Library;

  bool accept(UniqueFd& fd);
  void forgetRequest();
  void takeParams(std::string_view bytes, const FramingResult& framing, std::span<const ParamPlace> places);
  bool readBody(const FramingResult& framing);
  bool put(std::string_view bytes);
  bool putPatiently(std::string_view bytes);
  bool waitUntilWritable();

  std::unique_ptr<Library> library_;
  Request request_;
  std::string param_text_;     // this and the next two are reused, so that a request allocates nothing of ours
  std::vector<Param> params_;  // in param_text_
  std::string body_;
  SteadyTime deadline_;  // of an answer that is waited for
};

}  // namespace sessiond
