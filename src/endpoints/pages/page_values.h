// PageValues: what a page is filled with, by name: texts, yes or no, rows, and messages and times that the page's
// language words.

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"

namespace sessiond {

/// A plain value. Everything in it is plain text; a page escapes it.
class PageValues {
 public:
  /// A key of the language's catalogue (messages.h).
  struct Message {
    std::string key;
  };
  using Rows = std::vector<PageValues>;
  struct Entry;

  /// An empty text counts as "not there" in `{{#name}}`.
  PageValues& text(std::string_view name, std::string_view value);
  PageValues& flag(std::string_view name, bool on = true);
  /// An empty key counts as "not there".
  PageValues& message(std::string_view name, std::string_view key);
  PageValues& time(std::string_view name, WallTime value);
  PageValues& rows(std::string_view name, Rows rows);

  const std::vector<Entry>& entries() const { return entries_; }

 private:
  using Value = std::variant<std::string, bool, Message, WallTime, Rows>;
  PageValues& put(std::string_view name, Value value);

  std::vector<Entry> entries_;
};

struct PageValues::Entry {
  std::string name;
  Value value;
};

inline PageValues& PageValues::put(std::string_view name, Value value) {
  entries_.push_back({std::string(name), std::move(value)});
  return *this;
}

inline PageValues& PageValues::text(std::string_view name, std::string_view value) {
  return put(name, std::string(value));
}
inline PageValues& PageValues::flag(std::string_view name, bool on) {
  return put(name, on);
}
inline PageValues& PageValues::message(std::string_view name, std::string_view key) {
  return put(name, Message{std::string(key)});
}
inline PageValues& PageValues::time(std::string_view name, WallTime value) {
  return put(name, value);
}
inline PageValues& PageValues::rows(std::string_view name, Rows rows) {
  return put(name, std::move(rows));
}

}  // namespace sessiond
