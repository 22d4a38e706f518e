#include "redis/hash_slot.h"

#include <array>
#include <string>
#include <vector>

#include "base/check.h"

namespace sessiond {
namespace {

using Table = std::array<std::uint16_t, 256>;

/// What a byte comes to, behind which so many others follow as there are tables before.
constexpr auto kTables = [] {
  constexpr std::uint16_t kPolynomial = 0x1021;
  std::array<Table, 4> tables{};
  for (std::size_t byte = 0; byte < tables[0].size(); ++byte) {
    std::uint32_t crc = static_cast<std::uint32_t>(byte) << 8U;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000U) != 0 ? (crc << 1U) ^ kPolynomial : crc << 1U;
    tables[0][byte] = static_cast<std::uint16_t>(crc);
  }
  for (std::size_t behind = 1; behind < tables.size(); ++behind) {
    for (std::size_t byte = 0; byte < tables[0].size(); ++byte) {
      const std::uint32_t crc = tables[behind - 1][byte];
      tables[behind][byte] = static_cast<std::uint16_t>((crc << 8U) ^ tables[0][crc >> 8U]);
    }
  }
  return tables;
}();

/// Four bytes at a time: every check asks several times, and each step waits for the one before.
std::uint16_t crc16(std::string_view bytes, std::uint16_t crc = 0) {
  const auto at = [&bytes](std::size_t index) { return static_cast<std::uint8_t>(bytes[index]); };
  for (; bytes.size() >= 4; bytes.remove_prefix(4)) {
    const auto first = static_cast<std::uint8_t>((crc >> 8U) ^ at(0));
    const auto second = static_cast<std::uint8_t>(crc ^ at(1));
    crc = kTables[3][first] ^ kTables[2][second] ^ kTables[1][at(2)] ^ kTables[0][at(3)];
  }
  for (; !bytes.empty(); bytes.remove_prefix(1)) {
    const auto index = static_cast<std::uint8_t>((crc >> 8U) ^ at(0));
    crc = static_cast<std::uint16_t>((crc << 8U) ^ kTables[0][index]);
  }
  return crc;
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

std::string_view hashedPart(std::string_view key) {
  const std::size_t open = key.find('{');
  if (open == std::string_view::npos) return key;
  const std::size_t close = key.find('}', open + 1);
  if (close == std::string_view::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

Slot hashSlot(std::string_view key) {
  return crc16(hashedPart(key)) % kSlots;
}

SlotsBehind::SlotsBehind(std::string_view text)
    : text_(text), sum_(crc16(text)), may_have_tag_(text.find('{') != std::string_view::npos) {}

Slot SlotsBehind::slotOf(std::string_view rest) const {
  if (may_have_tag_ || rest.find('{') != std::string_view::npos) return hashSlot(text_ + std::string(rest));
  return crc16(rest, sum_) % kSlots;
}

std::string hashTagFor(Slot slot) {
  SESSIOND_CHECK(slot < kSlots);
  static const std::vector<std::uint32_t> numbers = numbersOfSlots();
  return std::to_string(numbers[slot]);
}

}  // namespace sessiond
