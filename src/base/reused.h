// Reused: an object whose memory is worth keeping: taken from the spare ones of this thread, put back among them.
//
// Unlike a thread_local object, a thread may have several of them at a time, as what is pending needs.

#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace sessiond {

/// Not thread-safe, but it may end on another thread. The object is as its last user left it.
template <typename T>
class Reused {
 public:
  Reused() : object_(take()) {}
  Reused(const Reused&) = delete;
  Reused& operator=(const Reused&) = delete;
  ~Reused() {
    if (spares().size() < kMaxSpares) spares().push_back(std::move(object_));
  }

  T& operator*() const { return *object_; }
  T* operator->() const { return object_.get(); }

 private:
  using Spares = std::vector<std::unique_ptr<T>>;
  static constexpr std::size_t kMaxSpares = 8;

  static Spares& spares() {
    thread_local Spares spares = [] {
      Spares empty;
      empty.reserve(kMaxSpares);  // so that putting back cannot fail
      return empty;
    }();
    return spares;
  }
  static std::unique_ptr<T> take() {
    if (spares().empty()) return std::make_unique<T>();
    std::unique_ptr<T> object = std::move(spares().back());
    spares().pop_back();
    return object;
  }

  std::unique_ptr<T> object_;
};

}  // namespace sessiond
