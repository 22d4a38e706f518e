// Which of a Redis Cluster's 16384 slots a key is in: CRC16 (XMODEM) of the key, or of what stands between its first
// `{` and the next `}`, unless that is nothing: the hash tag.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sessiond {

using Slot = std::uint16_t;
inline constexpr std::size_t kSlots = 16384;

/// Pure. Below kSlots.
Slot hashSlot(std::string_view key);
/// Of a key in two pieces, one behind the other.
Slot hashSlot(std::string_view first_part, std::string_view second_part);
/// What of the key decides: a view into it. hashSlot() of this is that of the key.
std::string_view hashedPart(std::string_view key);

/// A text without braces that is in this slot: the same every time. REQUIRES: slot < kSlots.
std::string hashTagFor(Slot slot);

}  // namespace sessiond
