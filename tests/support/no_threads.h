// NoThreads: while one lives, the system has no thread for whoever wants to begin one in this process.
//
// A thread without wishes of its own then asks for a stack that no address space holds. (A limit of the system's would
// not hold for root.)

#pragma once

#include <pthread.h>

#include <cstddef>

namespace sessiond {

/// One at a time. Threads that run go on.
class NoThreads {
 public:
  NoThreads() {
    pthread_getattr_default_np(&before_);
    pthread_attr_t none = {};
    pthread_attr_init(&none);
    pthread_attr_setstacksize(&none, std::size_t{1} << 47);
    pthread_setattr_default_np(&none);
    pthread_attr_destroy(&none);
  }
  ~NoThreads() {
    pthread_setattr_default_np(&before_);
    pthread_attr_destroy(&before_);
  }
  NoThreads(const NoThreads&) = delete;
  NoThreads& operator=(const NoThreads&) = delete;

 private:
  pthread_attr_t before_ = {};
};

}  // namespace sessiond
