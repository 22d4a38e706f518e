#include "fastcgi/libfcgi_body.h"

#include <fcgiapp.h>
#include <fcntl.h>

#include <csignal>
#include <cstdio>
#include <mutex>

#include "base/check.h"
#include "fastcgi/libfcgi_input.h"
#include "fastcgi/records.h"

namespace sessiond {
namespace {

/// What libfcgi has of one request; its memory is let go of, the descriptor is not.
class LibfcgiRequest {
 public:
  explicit LibfcgiRequest(int fd) {
    FCGX_InitRequest(&request_, -1, FCGI_FAIL_ACCEPT_ON_INTR);
    request_.ipcFd = fd;
    request_.keepConnection = 1;
    request_.detached = 1;  // what libfcgi closes, it closes without lingering two seconds in select(2)
  }
  ~LibfcgiRequest() { FCGX_Free(&request_, 0); }
  LibfcgiRequest(const LibfcgiRequest&) = delete;
  LibfcgiRequest& operator=(const LibfcgiRequest&) = delete;

  /// False: it has closed the descriptor.
  bool accept() { return FCGX_Accept_r(&request_) == 0; }
  /// All of it: the empty record must follow, otherwise libfcgi has read something else than what was checked.
  bool read(std::string& body) {
    const int size = static_cast<int>(body.size());
    FCGX_Stream* const in = request_.in;
    return FCGX_GetStr(body.data(), size, in) == size && FCGX_GetChar(in) == -1 && FCGX_GetError(in) == 0;
  }

 private:
  FCGX_Request request_{};
};

/// A libfcgi that reads by itself would wait on sockets whose bytes are already taken. /dev/null, from which it then
/// reads here, has no request for it.
void checkThatLibfcgiReadsOurInput() {
  constexpr std::string_view kRequest(
      "\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x01\x00\x00\x00\x00\x00"  // begin: a responder, kept
      "\x01\x04\x00\x01\x00\x00\x00\x00",                                 // the end of no parameters
      24);
  const UniqueFd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  const LibfcgiInput input(kRequest);
  SESSIOND_CHECK(LibfcgiRequest(nothing.get()).accept());
}

}  // namespace

void prepareLibfcgi() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction user = {};
    struct sigaction terminate = {};
    ::sigaction(SIGUSR1, nullptr, &user);
    ::sigaction(SIGTERM, nullptr, &terminate);
    SESSIOND_CHECK(FCGX_Init() == 0);
    ::sigaction(SIGUSR1, &user, nullptr);
    ::sigaction(SIGTERM, &terminate, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    checkThatLibfcgiReadsOurInput();
  });
}

bool readBody(UniqueFd& fd, std::string_view bytes, const FramingResult& framing, std::string& body) {
  body.resize(framing.body);
  LibfcgiInput input(bytes.substr(0, kBeginRecordBytes), bytes.substr(framing.params_end));
  LibfcgiRequest request(fd.get());
  if (!request.accept()) {
    fd.release();
    return false;
  }
  const bool is_read = request.read(body);
  input.wipeTaken();
  return is_read && input.exhausted();
}

}  // namespace sessiond
