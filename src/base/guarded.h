// Guarded<T>: data that can be reached only while its mutex is held.
//
//   Guarded<std::vector<Job>> jobs_;
//   jobs_.lock()->push_back(job);              // one statement
//   auto jobs = jobs_.lock(); jobs->clear();   // until the end of the scope
//
// The idea is dnsdist's LockGuarded. No lock is held across Redis, a file or a callback.

#pragma once

#include <mutex>
#include <utility>

namespace sessiond {

/// Thread-safe: every access goes through lock().
template <typename T>
class Guarded {
 public:
  /// Access to the data while this object lives. Keeps the mutex; not to be stored.
  class [[nodiscard]] Lock {
   public:
    T& operator*() { return *data_; }
    T* operator->() { return data_; }
    /// For std::condition_variable.
    std::unique_lock<std::mutex>& mutexLock() { return lock_; }

   private:
    friend class Guarded;
    Lock(std::mutex& mutex, T& data) : lock_(mutex), data_(&data) {}

    std::unique_lock<std::mutex> lock_;
    T* data_;
  };

  template <typename... Args>
  explicit Guarded(Args&&... args) : data_(std::forward<Args>(args)...) {}
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  Lock lock() { return Lock(mutex_, data_); }

 private:
  std::mutex mutex_;
  T data_;  // guarded by mutex_
};

}  // namespace sessiond
