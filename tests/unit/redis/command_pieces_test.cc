#include "redis/command_pieces.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sessiond {
namespace {

TEST(CommandPieces, HaveTheSlotOfTheirKey) {
  RedisCommands commands;
  commands.add({"GET", "foo"});
  commands.add({"EVAL", "return 0", "1", "bar", "foo"});
  commands.add({"PING"});
  commands.add({"SET", "$3\r\nfoo\r\n", "*1\r\n"});
  const auto pieces = piecesOf(commands);
  ASSERT_EQ(pieces.size(), 4U);
  EXPECT_EQ(pieces[0].slot, hashSlot("foo"));
  EXPECT_EQ(pieces[1].slot, hashSlot("bar"));
  EXPECT_EQ(pieces[2].slot, std::nullopt);
  EXPECT_EQ(pieces[3].slot, hashSlot("$3\r\nfoo\r\n"));
}

TEST(CommandPieces, HaveEachTheirOwnSlotWhateverStandsBeside) {
  RedisCommands commands;
  commands.add({"GET", ""});
  for (const char* key :
       {"sess:a", "sessiond:revoked:{sess:a}", "sess:b", "sess:a", "{sess:a", "sess:a}", "{}sess:a"}) {
    commands.add({"GET", key});
    commands.add({"EVAL", "", "1", key});
  }
  std::vector<CommandPiece> pieces = {{.bytes = "of others", .slot = 5}};
  takeApart(commands, pieces);
  ASSERT_EQ(pieces.size(), 15U);
  EXPECT_EQ(pieces[0].slot, hashSlot(""));
  std::size_t at = 1;
  for (const char* key :
       {"sess:a", "sessiond:revoked:{sess:a}", "sess:b", "sess:a", "{sess:a", "sess:a}", "{}sess:a"}) {
    EXPECT_EQ(pieces[at++].slot, hashSlot(key)) << key;
    EXPECT_EQ(pieces[at++].slot, hashSlot(key)) << key;
  }
}

TEST(CommandPieces, TogetherAreTheWhole) {
  RedisCommands commands;
  commands.add({"GET", "foo"});
  commands.add({"DEL", ""});
  RedisCommands again;
  for (const CommandPiece& piece : piecesOf(commands)) again.addWhole(piece.bytes);
  EXPECT_EQ(again.bytes(), commands.bytes());
  EXPECT_EQ(again.count(), 2U);
  again.addWhole(commands.bytes(), commands.count());
  EXPECT_EQ(again.count(), 4U);
  EXPECT_EQ(piecesOf(again).size(), 4U);
  EXPECT_TRUE(piecesOf({}).empty());
}

}  // namespace
}  // namespace sessiond
