// The bodies of requests, which libfcgi 2.4.2 reads. The only place that knows fcgiapp.h.
//
// libfcgi's own accepting is left out: it polls, lingers on closing and unlinks sockets. Instead the descriptor is put
// into FCGX_Request::ipcFd, and FCGX_Accept_r takes one request from bytes that were received before
// (libfcgi_input.h). That field and keepConnection are marked private there; libfcgi_facts_test.cc pins what is relied
// on. It gets no parameters, which are taken from where they were found (framing_check.h), and writes no answers
// (answer_records.h): for each it has pieces of memory of its own, and a check, which has no body, needs none of them.

#pragma once

#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "fastcgi/framing_check.h"

namespace sessiond {

/// Once a process, before the first body: readies libfcgi. The handlers that it puts on SIGTERM, SIGUSR1 and SIGPIPE
/// are taken back, and SIGPIPE is ignored. Thread-safe.
void prepareLibfcgi();

/// Fills `body` from the request that `bytes` are; what libfcgi had of it is wiped. `framing` is what checkFraming()
/// said of it. REQUIRES: it has a body. False: libfcgi finds something else there, the connection is of no use any more
/// (and `fd` empty if libfcgi closed it). Thread-safe.
[[nodiscard]] bool readBody(UniqueFd& fd, std::string_view bytes, const FramingResult& framing, std::string& body);

}  // namespace sessiond
