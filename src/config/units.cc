#include "config/units.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/parse.h"

namespace sessiond {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 5> kDurationUnits = {
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<Unit, 3> kSizeUnits = {{{"m", 1024 * 1024}, {"k", 1024}, {"", 1}}};

constexpr std::uint64_t kMostMilliseconds = 100 * 365 * std::uint64_t{86'400'000};
constexpr std::uint64_t kMostBytes = (std::uint64_t{1} << 40) - 1;

template <std::size_t Count>
std::optional<std::uint64_t> parseWithUnit(std::string_view text, const std::array<Unit, Count>& units,
                                           std::uint64_t most) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::optional<std::uint64_t> number = parseInteger<std::uint64_t>(text.substr(0, digits));
  if (!number) return std::nullopt;
  for (const Unit& unit : units) {
    if (text.substr(digits) != unit.name) continue;
    if (*number > most / unit.factor) return std::nullopt;
    return *number * unit.factor;
  }
  return std::nullopt;
}

template <std::size_t Count>
std::string formatWithUnit(std::uint64_t amount, const std::array<Unit, Count>& units) {
  for (const Unit& unit : units) {
    if (amount % unit.factor == 0) return std::to_string(amount / unit.factor) + std::string(unit.name);
  }
  return {};
}

}  // namespace

std::optional<std::chrono::milliseconds> parseDuration(std::string_view text) {
  const std::optional<std::uint64_t> amount = parseWithUnit(text, kDurationUnits, kMostMilliseconds);
  if (!amount) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(*amount));
}

std::string formatDuration(std::chrono::milliseconds duration) {
  if (duration.count() == 0) return "0s";
  return formatWithUnit(static_cast<std::uint64_t>(duration.count()), kDurationUnits);
}

std::optional<std::size_t> parseSize(std::string_view text) {
  return parseWithUnit(text, kSizeUnits, kMostBytes);
}

std::string formatSize(std::size_t bytes) {
  if (bytes == 0) return "0";
  return formatWithUnit(bytes, kSizeUnits);
}

}  // namespace sessiond
