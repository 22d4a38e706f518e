#include "redis/command_pieces.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/check.h"

namespace sessiond {
namespace {

constexpr std::array<std::string_view, 10> kKeyless = {"PING", "HELLO",  "WAIT", "SCAN",   "DBSIZE",
                                                       "TIME", "CLIENT", "ROLE", "ASKING", "CLUSTER"};

/// What RedisCommands wrote, and so without a doubt.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  std::size_t at() const { return at_; }
  bool atEnd() const { return at_ == bytes_.size(); }
  std::size_t header(char type) {
    SESSIOND_CHECK(at_ < bytes_.size() && bytes_[at_] == type);
    std::size_t number = 0;
    const char* const end = std::from_chars(bytes_.data() + at_ + 1, bytes_.data() + bytes_.size(), number).ptr;
    at_ = static_cast<std::size_t>(end - bytes_.data()) + 2;
    return number;
  }
  std::string_view argument() {
    const std::size_t size = header('$');
    const std::string_view bytes = bytes_.substr(at_, size);
    at_ += size + 2;
    return bytes;
  }

 private:
  const std::string_view bytes_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<CommandPiece> piecesOf(const RedisCommands& commands) {
  std::vector<CommandPiece> pieces;
  takeApart(commands, pieces);
  return pieces;
}

void takeApart(const RedisCommands& commands, std::vector<CommandPiece>& pieces) {
  pieces.clear();
  pieces.reserve(commands.count());
  // Of a session several things are asked in a row, whose keys are in one slot for the same bytes.
  std::string_view last_hashed;
  std::optional<Slot> last_slot;
  const auto slotOf = [&](std::string_view key) {
    const std::string_view hashed = hashedPart(key);
    if (!last_slot || hashed != last_hashed) {
      last_hashed = hashed;
      last_slot = hashSlot(hashed);
    }
    return *last_slot;
  };
  Reader reader(commands.bytes());
  while (!reader.atEnd()) {
    const std::size_t begin = reader.at();
    const std::size_t count = reader.header('*');
    const std::string_view name = reader.argument();
    const bool has_key = std::ranges::find(kKeyless, name) == kKeyless.end();
    const std::size_t key_at = name == "EVAL" ? 3 : 1;
    std::optional<Slot> slot;
    for (std::size_t i = 1; i < count; ++i) {
      const std::string_view argument = reader.argument();
      if (has_key && i == key_at) slot = slotOf(argument);
    }
    pieces.push_back({.bytes = commands.bytes().substr(begin, reader.at() - begin), .slot = slot});
  }
}

}  // namespace sessiond
