// LibfcgiInput: what libfcgi reads. It never reads from a socket: a lane has received the bytes before and looked at
// them (framing_check.h), and libfcgi is given some of these very bytes and then the end.
//
// libfcgi 2.4.2 does all its reading through OS_Read, one function of its portability layer (os_unix.c) that its
// shared object exports and calls by name. This room has an OS_Read of its own, and the dynamic linker prefers the
// program's. That saves a system call a request, and what has been checked cannot be something else by the time it is
// read. prepareLibfcgi() makes sure at start that it is so; libfcgi_facts_test.cc pins it.

#pragma once

#include <cstddef>
#include <string_view>

namespace sessiond {

/// As long as it lives, libfcgi reads from it on this thread. One a thread at a time; outside of its life libfcgi
/// finds the end of its input at once. It is given `head`, then `tail`, which must outlive it.
class LibfcgiInput {
 public:
  explicit LibfcgiInput(std::string_view head, std::string_view tail = {});
  ~LibfcgiInput();
  LibfcgiInput(const LibfcgiInput&) = delete;
  LibfcgiInput& operator=(const LibfcgiInput&) = delete;

  /// Has libfcgi asked for all of it?
  bool exhausted() const { return rest_.empty() && tail_.empty(); }

  /// Copies out the next bytes, `size` at most; 0 at the end.
  std::size_t take(char* buffer, std::size_t size);

  /// Overwrites what was copied out, in the buffer of libfcgi's stream. REQUIRES: that stream lives.
  void wipeTaken();

 private:
  std::string_view rest_;  // of the head, then of the tail
  std::string_view tail_;
  char* buffer_ = nullptr;  // a stream has one
  std::size_t filled_ = 0;
};

}  // namespace sessiond
