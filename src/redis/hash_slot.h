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
/// What of the key decides: a view into it. hashSlot() of this is that of the key.
std::string_view hashedPart(std::string_view key);

/// Of keys that begin with the same text: what that comes to is found once. Immutable.
class SlotsBehind {
 public:
  explicit SlotsBehind(std::string_view text);
  /// That of the text and, behind it, `rest`.
  Slot slotOf(std::string_view rest) const;

 private:
  const std::string text_;
  const std::uint16_t sum_;
  const bool may_have_tag_;
};

/// A text without braces that is in this slot: the same every time. REQUIRES: slot < kSlots.
std::string hashTagFor(Slot slot);

}  // namespace sessiond
