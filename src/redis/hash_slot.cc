#include "redis/hash_slot.h"

#include <array>
#include <vector>

#include "base/check.h"

namespace sessiond {
namespace {

constexpr auto kTable = [] {
  constexpr std::uint16_t kPolynomial = 0x1021;
  std::array<std::uint16_t, 256> table{};
  for (std::size_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t crc = static_cast<std::uint32_t>(byte) << 8U;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000U) != 0 ? (crc << 1U) ^ kPolynomial : crc << 1U;
    table[byte] = static_cast<std::uint16_t>(crc);
  }
  return table;
}();

std::uint16_t crc16(std::string_view bytes) {
  std::uint16_t crc = 0;
  for (const char one : bytes) {
    const auto index = static_cast<std::uint8_t>((crc >> 8U) ^ static_cast<std::uint8_t>(one));
    crc = static_cast<std::uint16_t>((crc << 8U) ^ kTable[index]);
  }
  return crc;
}

std::string_view hashed(std::string_view key) {
  const std::size_t open = key.find('{');
  if (open == std::string_view::npos) return key;
  const std::size_t close = key.find('}', open + 1);
  if (close == std::string_view::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

/// The smallest number of each slot.
std::vector<std::uint32_t> numbersOfSlots() {
  constexpr std::uint32_t kNone = UINT32_MAX;
  std::vector<std::uint32_t> numbers(kSlots, kNone);
  std::size_t missing = kSlots;
  for (std::uint32_t number = 0; missing > 0; ++number) {
    std::uint32_t& place = numbers[hashSlot(std::to_string(number))];
    if (place != kNone) continue;
    place = number;
    --missing;
  }
  return numbers;
}

}  // namespace

Slot hashSlot(std::string_view key) {
  return crc16(hashed(key)) % kSlots;
}

std::string hashTagFor(Slot slot) {
  SESSIOND_CHECK(slot < kSlots);
  static const std::vector<std::uint32_t> numbers = numbersOfSlots();
  return std::to_string(numbers[slot]);
}

}  // namespace sessiond
