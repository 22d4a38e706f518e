// enumSize<E>(): how many enumerators an enumeration has that counts up from 0, so that a table with a row for each can
// be held to it by the compiler.
//
// How the compiler writes a value tells: `sessiond::WhenFull::kRefuse` where it has a name, `(sessiond::WhenFull)2`
// where it has none. g++ and clang++ agree on that.

#pragma once

#include <cstddef>
#include <string_view>

namespace sessiond {

namespace enum_size_detail {

template <typename Enum, Enum kValue>
constexpr bool hasName() {
  const std::string_view function = __PRETTY_FUNCTION__;
  const std::size_t value = function.rfind("kValue = ");
  return function[value + std::string_view("kValue = ").size()] != '(';
}

template <typename Enum, std::size_t kFrom = 0>
constexpr std::size_t count() {
  if constexpr (!hasName<Enum, static_cast<Enum>(kFrom)>()) {
    return kFrom;
  } else {
    return count<Enum, kFrom + 1>();
  }
}

}  // namespace enum_size_detail

template <typename Enum>
constexpr std::size_t enumSize() {
  return enum_size_detail::count<Enum>();
}

}  // namespace sessiond
