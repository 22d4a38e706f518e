// SESSIOND_CHECK: a broken invariant ends the process at once, with the place and the condition on stderr.
//
// It is for bugs only: what a user, nginx or Redis can cause is a value (base/expected.h). systemd restarts
// the daemon, and nginx answers 500 for the requests that were in flight: a refusal, never a 2xx.

#pragma once

namespace sessiond {

/// Writes `file:line: check failed: condition` to stderr and aborts.
[[noreturn]] void checkFailed(const char* file, int line, const char* condition);

}  // namespace sessiond

#define SESSIOND_CHECK(condition)                              \
  do {                                                         \
    if (!(condition)) [[unlikely]]                             \
      ::sessiond::checkFailed(__FILE__, __LINE__, #condition); \
  } while (false)
