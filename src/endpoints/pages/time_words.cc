#include "endpoints/pages/time_words.h"

#include <array>
#include <cstdio>
#include <ctime>
#include <string_view>

#include "base/check.h"
#include "endpoints/pages/html_escape.h"

namespace sessiond {
namespace {

std::string textOf(const Messages& messages, const std::string& key) {
  const std::string* const text = messages.find(key);
  return text == nullptr ? "" : *text;
}

template <typename... Values>
std::string formatted(const char* format, Values... values) {
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), format, values...);
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace

std::string timeInWords(WallTime time, const Messages& messages) {
  const std::time_t unix_time = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm date{};
  SESSIOND_CHECK(gmtime_r(&unix_time, &date) != nullptr);
  const int year = date.tm_year + 1900;
  const std::string clock = formatted("%02d:%02d", date.tm_hour, date.tm_min);
  const std::string pattern = textOf(messages, "date");
  std::string words;
  std::string_view rest = pattern;
  for (const std::string_view place : placesIn(pattern)) {
    const auto at = static_cast<std::size_t>(place.data() - rest.data());
    words += rest.substr(0, at - 1);
    rest.remove_prefix(at + place.size() + 1);
    if (place == "day") words += std::to_string(date.tm_mday);
    if (place == "month") words += textOf(messages, "month_" + std::to_string(date.tm_mon + 1));
    if (place == "year") words += std::to_string(year);
    if (place == "time") words += clock;
  }
  words += rest;
  return "<time datetime=\"" + formatted("%04d-%02d-%02dT", year, date.tm_mon + 1, date.tm_mday) + clock + "Z\">" +
         escapeHtml(words) + "</time>";
}

}  // namespace sessiond
