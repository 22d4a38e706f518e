#include "endpoints/pages/accept_language.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/ascii.h"

namespace sessiond {
namespace {

struct Range {
  std::string_view name;
  int quality = 0;  // in thousandths
};

/// The part before `mark`, which `text` loses together with the mark.
std::string_view takeUntil(std::string_view& text, char mark) {
  const std::size_t at = std::min(text.find(mark), text.size());
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return part;
}

/// `1`, `0.8`, `0.125` (RFC 9110 §12.4.2) in thousandths; nullopt when it is none.
std::optional<int> qualityOf(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int value = text[0] == '1' ? 1000 : 0;
  int unit = 100;
  for (const char digit : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (digit < '0' || digit > '9') return std::nullopt;
    value += (digit - '0') * unit;
    unit /= 10;
  }
  return value <= 1000 ? std::optional<int>(value) : std::nullopt;
}

std::optional<Range> rangeOf(std::string_view item) {
  Range range{trimBlanks(takeUntil(item, ';')), 1000};
  const std::string_view parameter = trimBlanks(item);
  if (!parameter.empty()) {
    if (parameter.size() < 2 || toLower(parameter[0]) != 'q' || parameter[1] != '=') return std::nullopt;
    const std::optional<int> quality = qualityOf(trimBlanks(parameter.substr(2)));
    if (!quality) return std::nullopt;
    range.quality = *quality;
  }
  return range;
}

std::optional<std::size_t> lookUp(std::string_view range, std::span<const std::string> available) {
  while (!range.empty()) {
    for (std::size_t i = 0; i < available.size(); ++i) {
      if (sameWithoutCase(range, available[i])) return i;
    }
    const std::size_t dash = range.rfind('-');
    if (dash == std::string_view::npos) break;
    range = range.substr(0, dash);
    // A single letter or digit introduces what follows it, and goes along with it.
    if (range.size() >= 2 && range[range.size() - 2] == '-') range.remove_suffix(2);
  }
  for (std::size_t i = 0; i < available.size(); ++i) {
    const std::string_view language = std::string_view(available[i]).substr(0, available[i].find('-'));
    if (!range.empty() && sameWithoutCase(range, language)) return i;
  }
  return std::nullopt;
}

}  // namespace

std::size_t chooseLanguage(std::string_view header, std::span<const std::string> available, std::size_t fallback) {
  if (header.size() > kMaxAcceptLanguageBytes) {
    const std::size_t last = header.rfind(',', kMaxAcceptLanguageBytes);
    header = header.substr(0, last == std::string_view::npos ? 0 : last);
  }
  std::array<Range, kMaxAcceptLanguages> ranges;
  std::size_t count = 0;
  while (!header.empty() && count < ranges.size()) {
    const std::optional<Range> range = rangeOf(takeUntil(header, ','));
    if (range && range->quality > 0) ranges[count++] = *range;
  }
  std::stable_sort(ranges.begin(), ranges.begin() + static_cast<std::ptrdiff_t>(count),
                   [](const Range& one, const Range& other) { return one.quality > other.quality; });
  for (std::size_t i = 0; i < count; ++i) {
    if (const std::optional<std::size_t> found = lookUp(ranges[i].name, available)) return *found;
  }
  return fallback;
}

}  // namespace sessiond
