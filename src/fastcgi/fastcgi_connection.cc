#include "fastcgi/fastcgi_connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "base/secret.h"
#include "fastcgi/answer_records.h"
#include "fastcgi/libfcgi_body.h"

namespace sessiond {

bool FastcgiConnection::read(UniqueFd& fd, std::string_view bytes, const FramingResult& framing,
                             std::span<const ParamPlace> params) {
  abandon();
  if (!take(fd, bytes, framing, params)) {
    abandon();
    return false;
  }
  fd_ = fd.get();
  request_id_ = framing.request_id;
  request_ = {.role = framing.role, .params = params_, .body = body_};
  return true;
}

bool FastcgiConnection::take(UniqueFd& fd, std::string_view bytes, const FramingResult& framing,
                             std::span<const ParamPlace> params) try {
  takeParams(bytes, framing, params);
  return framing.body == 0 || readBody(fd, bytes, framing, body_);
} catch (const std::bad_alloc&) {
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

bool FastcgiConnection::answer(const Response& response, std::chrono::milliseconds patience) {
  constexpr std::size_t kKept = 4 * 1024;  // that of a check is a tenth
  bool written = false;
  try {
    appendAnswer(response, request_id_, answer_);
    written = write(answer_, patience);
  } catch (const std::bad_alloc&) {
    // Nothing of it has been written.
  }
  explicit_bzero(answer_.data(), answer_.size());
  answer_.clear();
  if (answer_.capacity() > kKept) std::string().swap(answer_);  // an assignment would keep the memory
  abandon();
  return written;
}

/// A body may be a password, a parameter a cookie, as an answer may set one, and the object waits for its next request.
/// wipeString() overwrites all the memory that a string has, which here may be much more than was ever used since: each
/// check would pay for the largest request there was.
void FastcgiConnection::abandon() {
  fd_ = -1;
  request_ = {};
  if (!param_text_.empty()) {
    explicit_bzero(param_text_.data(), param_text_.size());
    param_text_.clear();
  }
  if (!body_.empty()) wipeString(body_);
}

bool FastcgiConnection::write(std::string_view bytes, std::chrono::milliseconds patience) const {
  const SteadyTime deadline = patience.count() == 0 ? SteadyTime() : SteadyClock::now() + patience;
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EINTR && (errno != EAGAIN || patience.count() == 0 || !waitUntilWritable(deadline))) {
      return false;
    }
  }
  return true;
}

bool FastcgiConnection::waitUntilWritable(SteadyTime deadline) const {
  pollfd waiting{.fd = fd_, .events = POLLOUT, .revents = 0};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now());
    if (left.count() <= 0) return false;
    const int ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) continue;
    return ready > 0 && (waiting.revents & (POLLERR | POLLHUP | POLLNVAL)) == 0;
  }
}

}  // namespace sessiond
