// A pipeline taken apart: each command with its bytes and its key, for those who send one command here and another
// one there.
//
// sessiond asks for one key a command: the first argument behind the command's name, of a script the one behind their
// number. A few commands have none, and go anywhere.

#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "redis/hash_slot.h"
#include "redis/redis_commands.h"

namespace sessiond {

/// Views into the commands.
struct CommandPiece {
  std::string_view bytes;
  std::optional<Slot> slot;  ///< absent: it has no key
};

std::vector<CommandPiece> piecesOf(const RedisCommands& commands);
/// The same in the place of what is there: for those who do it again and again.
void takeApart(const RedisCommands& commands, std::vector<CommandPiece>& pieces);

}  // namespace sessiond
