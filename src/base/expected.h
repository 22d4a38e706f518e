// Expected<T, E>: a value, or the reason why there is none.
//
// The shape follows C++23's std::expected, which GCC 12 does not have yet; only what this project uses is here.
// E is an enum class or a small struct, so that callers can switch over every reason.
//
//   Expected<Port, ParseError> port = parsePort(text);
//   if (!port) return Unexpected(port.error());

#pragma once

#include <utility>
#include <variant>

#include "base/check.h"

namespace sessiond {

template <typename E>
class Unexpected {
 public:
  explicit Unexpected(E error) : error_(std::move(error)) {}
  const E& error() const& { return error_; }
  E&& error() && { return std::move(error_); }

 private:
  E error_;
};

/// Not thread-safe; a plain value. Access to the side that is not there is a bug and aborts.
template <typename T, typename E>
class [[nodiscard]] Expected {
 public:
  Expected(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Expected(Unexpected<E> unexpected) : state_(std::in_place_index<1>, std::move(unexpected).error()) {}

  bool hasValue() const { return state_.index() == 0; }
  explicit operator bool() const { return hasValue(); }

  T& value() & {
    SESSIOND_CHECK(hasValue());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    SESSIOND_CHECK(hasValue());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    SESSIOND_CHECK(hasValue());
    return std::move(*std::get_if<0>(&state_));
  }
  const E& error() const {
    SESSIOND_CHECK(!hasValue());
    return *std::get_if<1>(&state_);
  }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::variant<T, E> state_;
};

/// What an operation without a result returns: done, or the reason why not.
template <typename E>
class [[nodiscard]] Expected<void, E> {
 public:
  Expected() = default;
  Expected(Unexpected<E> unexpected) : state_(std::in_place_index<1>, std::move(unexpected).error()) {}

  bool hasValue() const { return state_.index() == 0; }
  explicit operator bool() const { return hasValue(); }
  const E& error() const {
    SESSIOND_CHECK(!hasValue());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<std::monostate, E> state_;
};

}  // namespace sessiond
