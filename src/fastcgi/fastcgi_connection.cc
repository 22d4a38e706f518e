#include "fastcgi/fastcgi_connection.h"

#include <fcgiapp.h>
#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <new>

#include "base/check.h"
#include "base/secret.h"
#include "fastcgi/libfcgi_input.h"
#include "fastcgi/records.h"

namespace sessiond {

namespace {

/// A libfcgi that reads by itself would wait on sockets whose bytes are already taken. /dev/null, from which it then
/// reads here, has no request for it.
void checkThatLibfcgiReadsOurInput() {
  constexpr std::string_view kRequest(
      "\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x01\x00\x00\x00\x00\x00"  // begin: a responder, kept
      "\x01\x04\x00\x01\x00\x00\x00\x00",                                 // the end of no parameters
      24);
  FCGX_Request request;
  FCGX_InitRequest(&request, -1, FCGI_FAIL_ACCEPT_ON_INTR);
  const UniqueFd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  request.ipcFd = nothing.get();
  request.keepConnection = 1;
  const LibfcgiInput input(kRequest);
  SESSIOND_CHECK(FCGX_Accept_r(&request) == 0);
  FCGX_Free(&request, 0);
}

}  // namespace

struct FastcgiConnection::Library {
  FCGX_Request request;
};

void FastcgiConnection::prepareLibrary() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction user = {};
    struct sigaction terminate = {};
    ::sigaction(SIGUSR1, nullptr, &user);
    ::sigaction(SIGTERM, nullptr, &terminate);
    SESSIOND_CHECK(FCGX_Init() == 0);
    ::sigaction(SIGUSR1, &user, nullptr);
    ::sigaction(SIGTERM, &terminate, nullptr);
    checkThatLibfcgiReadsOurInput();
    // libfcgi writes with write(2), so a peer that is gone would end the process.
    std::signal(SIGPIPE, SIG_IGN);
  });
}

FastcgiConnection::FastcgiConnection() : library_(std::make_unique<Library>()) {
  FCGX_InitRequest(&library_->request, -1, FCGI_FAIL_ACCEPT_ON_INTR);
  params_.reserve(32);
}

FastcgiConnection::~FastcgiConnection() {
  abandon();
}

bool FastcgiConnection::read(UniqueFd& fd, std::string_view bytes, const FramingResult& framing,
                             std::span<const ParamPlace> params) {
  abandon();
  LibfcgiInput input(bytes.substr(0, kBeginRecordBytes), bytes.substr(framing.params_end));
  if (!accept(fd)) return false;
  bool sound = false;
  try {
    takeParams(bytes, framing, params);
    sound = FCGX_GetError(library_->request.in) == 0 && readBody(framing);
  } catch (const std::bad_alloc&) {
    // It is not read, and what was taken of it is wiped all the same.
  }
  input.wipeTaken();
  if (!sound || !input.exhausted()) {
    abandon();
    return false;
  }
  request_ = {.role = framing.role, .params = params_, .body = body_};
  return true;
}

bool FastcgiConnection::accept(UniqueFd& fd) {
  FCGX_Request& request = library_->request;
  request.ipcFd = fd.get();
  request.keepConnection = 1;
  request.detached = 1;  // what libfcgi closes, it closes without lingering two seconds in select(2)
  if (FCGX_Accept_r(&request) == 0) return true;
  // It has closed the descriptor, given its field back and then failed to accept another one.
  fd.release();
  return false;
}

void FastcgiConnection::takeParams(std::string_view bytes, const FramingResult& framing,
                                   std::span<const ParamPlace> places) {
  copyParams(bytes, framing, param_text_);
  params_.resize(places.size());
  Param* param = params_.data();
  for (const ParamPlace& place : places) {
    const char* const name = param_text_.data() + place.at;
    *param++ = {.name = {name, place.name}, .value = {name + place.name, place.value}};
  }
}

bool FastcgiConnection::readBody(const FramingResult& framing) {
  FCGX_Stream* const in = library_->request.in;
  body_.resize(framing.body);
  if (!framing.has_stdin) return true;
  const int size = static_cast<int>(framing.body);
  if (FCGX_GetStr(body_.data(), size, in) != size) return false;
  // The empty record must follow: otherwise libfcgi has read something else than what was checked.
  return FCGX_GetChar(in) == -1 && FCGX_GetError(in) == 0;
}

bool FastcgiConnection::answer(const Response& response, std::chrono::milliseconds patience) {
  std::array<char, 64> status;
  const std::string_view phrase = reasonPhrase(response.status).substr(0, 40);
  char* end = std::copy_n("Status: ", 8, status.data());
  end = std::to_chars(end, end + 11, response.status).ptr;
  *end++ = ' ';
  end = std::copy(phrase.begin(), phrase.end(), end);
  end = std::copy_n("\r\n", 2, end);
  const std::string_view line(status.data(), static_cast<std::size_t>(end - status.data()));

  bool written = false;
  if (patience.count() == 0) {
    written = put(line) && put(response.headers.lines()) && put("\r\n") && put(response.body);
  } else {
    deadline_ = SteadyClock::now() + patience;
    written = putPatiently(line) && putPatiently(response.headers.lines()) && putPatiently("\r\n") &&
              putPatiently(response.body) && waitUntilWritable();
  }
  // Closing the error stream first, which is empty, lets one write carry the rest of the answer and its end.
  written = written && FCGX_FClose(library_->request.err) == 0 && FCGX_FClose(library_->request.out) == 0;
  library_->request.ipcFd = -1;
  forgetRequest();
  return written;
}

/// A body may be a password, a parameter a cookie, and the object waits for its next request. wipeString() overwrites
/// all the memory that a string has, which here may be much more than was ever used since: each check would pay for the
/// largest request there was.
void FastcgiConnection::forgetRequest() {
  request_ = {};
  explicit_bzero(param_text_.data(), param_text_.size());
  param_text_.clear();
  if (!body_.empty()) wipeString(body_);
}

void FastcgiConnection::abandon() {
  forgetRequest();
  FCGX_Free(&library_->request, 0);
  library_->request.ipcFd = -1;
}

bool FastcgiConnection::put(std::string_view bytes) {
  const int size = static_cast<int>(bytes.size());
  return FCGX_PutStr(bytes.data(), size, library_->request.out) == size;
}

bool FastcgiConnection::putPatiently(std::string_view bytes) {
  // Below half of libfcgi's buffer (8,192 bytes) a piece causes at most one write, and a socket that poll(2) calls
  // writable has room for that: a third of its buffer (TCP) or three quarters (unix).
  constexpr std::size_t kPiece = 4000;
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kPiece);
    if (!waitUntilWritable() || !put(piece)) return false;
    bytes.remove_prefix(piece.size());
  }
  return true;
}

bool FastcgiConnection::waitUntilWritable() {
  pollfd waiting{.fd = library_->request.ipcFd, .events = POLLOUT, .revents = 0};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - SteadyClock::now());
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready < 0 && errno == EINTR) continue;
    return ready > 0 && (waiting.revents & (POLLERR | POLLHUP | POLLNVAL)) == 0;
  }
}

}  // namespace sessiond
