#include "http/header_block.h"

#include <gtest/gtest.h>

#include "http/response.h"

namespace sessiond {
namespace {

TEST(HeaderBlock, KeepsLinesInOrderAsTheyGoOverTheWire) {
  HeaderBlock block;
  EXPECT_TRUE(block.empty());
  EXPECT_TRUE(block.add("X-User-Id", "42"));
  EXPECT_TRUE(block.add("X-User-Roles", ""));
  EXPECT_TRUE(block.add("X-Name", "J\xC3\xB6rg \t x"));
  EXPECT_EQ(block.lines(), "X-User-Id: 42\r\nX-User-Roles: \r\nX-Name: J\xC3\xB6rg \t x\r\n");
  EXPECT_FALSE(block.empty());
}

TEST(HeaderBlock, RefusesValuesThatCouldEndALine) {
  for (const std::string_view value : {std::string_view("a\r\nX-Evil: 1"), std::string_view("a\n"),
                                       std::string_view("\r"), std::string_view("a\0b", 3)}) {
    HeaderBlock block;
    EXPECT_FALSE(block.add("X", value));
    EXPECT_EQ(block.lines(), "");
  }
}

TEST(HeaderBlock, RefusesNamesThatAreNoTokens) {
  for (const std::string_view name :
       {std::string_view(""), std::string_view("X Y"), std::string_view("X:"), std::string_view("X\r\nY"),
        std::string_view("X\0", 2), std::string_view("\xC3\xA9"), std::string_view("X(Y)"), std::string_view("\x7f")}) {
    HeaderBlock block;
    EXPECT_FALSE(block.add(name, "1")) << name;
    EXPECT_EQ(block.lines(), "");
  }
  HeaderBlock block;
  EXPECT_TRUE(block.add("!#$%&'*+-.^_`|~09azAZ", "1"));
}

TEST(HeaderBlock, AppendsAnother) {
  HeaderBlock first;
  HeaderBlock second;
  EXPECT_TRUE(first.add("A", "1"));
  EXPECT_TRUE(second.add("B", "2"));
  first.append(second);
  EXPECT_EQ(first.lines(), "A: 1\r\nB: 2\r\n");
}

TEST(HeaderBlock, PutsAPrefixBeforeEveryName) {
  HeaderBlock block;
  HeaderBlock prefixed;
  prefixed.appendWithPrefix(block, "Variable-");
  EXPECT_EQ(prefixed.lines(), "");
  EXPECT_TRUE(block.add("X-User-Id", "42"));
  EXPECT_TRUE(block.add("X-Empty", ""));
  EXPECT_TRUE(prefixed.add("First", "1"));
  prefixed.appendWithPrefix(block, "Variable-");
  EXPECT_EQ(prefixed.lines(), "First: 1\r\nVariable-X-User-Id: 42\r\nVariable-X-Empty: \r\n");
}

TEST(HeaderLines, AreTheBlocksLinesAlsoAsACopyElsewhere) {
  HeaderBlock block;
  EXPECT_TRUE(block.add("A", "1"));
  std::string memory = "-------";
  const HeaderLines copy = HeaderLines(block).copiedTo(memory.data() + 1);
  block = HeaderBlock();
  EXPECT_EQ(HeaderLines(block).text(), "");
  EXPECT_EQ(copy.text(), "A: 1\r\n");
  EXPECT_EQ(memory, "-A: 1\r\n");
  block.append(copy);
  EXPECT_EQ(block.lines(), "A: 1\r\n");
}

TEST(Response, IsARefusalUntilSomebodyAnswers) {
  EXPECT_EQ(Response().status, 500);
  EXPECT_EQ(Response(204).status, 204);
}

TEST(ResponseDeathTest, TakesAHeaderOfOurOwnThatIsUnsafeForABug) {
  Response response;
  EXPECT_DEATH(response.add("X", "a\r\nb"), "check failed");
}

TEST(Response, NamesItsStatusCodes) {
  EXPECT_EQ(reasonPhrase(200), "OK");
  EXPECT_EQ(reasonPhrase(204), "No Content");
  EXPECT_EQ(reasonPhrase(303), "See Other");
  EXPECT_EQ(reasonPhrase(401), "Unauthorized");
  EXPECT_EQ(reasonPhrase(403), "Forbidden");
  EXPECT_EQ(reasonPhrase(413), "Content Too Large");
  EXPECT_EQ(reasonPhrase(415), "Unsupported Media Type");
  EXPECT_EQ(reasonPhrase(429), "Too Many Requests");
  EXPECT_EQ(reasonPhrase(500), "Internal Server Error");
  EXPECT_EQ(reasonPhrase(503), "Service Unavailable");
  EXPECT_EQ(reasonPhrase(418), "Unknown");
}

}  // namespace
}  // namespace sessiond
