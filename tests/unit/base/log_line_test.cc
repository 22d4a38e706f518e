#include "base/log_line.h"

#include <gtest/gtest.h>

#include <string>

namespace sessiond {
namespace {

using namespace std::string_view_literals;

TEST(TextLine, PutsFieldsBehindTheMessage) {
  EXPECT_EQ(textLine("listening", {}), "listening");
  EXPECT_EQ(textLine("redis: connection lost", {{"server", "127.0.0.1:6379"}, {"attempt", 3}, {"retry", true}}),
            "redis: connection lost server=127.0.0.1:6379 attempt=3 retry=true");
  EXPECT_EQ(textLine("limits", {{"low", -1}, {"high", 18446744073709551615U}}),
            "limits low=-1 high=18446744073709551615");
}

TEST(TextLine, QuotesWhatWouldNotReadAsOneWord) {
  EXPECT_EQ(textLine("m", {{"error", "connection refused"}, {"empty", ""}, {"pair", "a=b"}}),
            "m error=\"connection refused\" empty=\"\" pair=\"a=b\"");
}

TEST(TextLine, LetsNoValueForgeAnotherLineOrField) {
  EXPECT_EQ(textLine("m", {{"user", "x\n2026-01-01 error forged"}}), "m user=\"x\\x0a2026-01-01 error forged\"");
  EXPECT_EQ(textLine("m", {{"user", "x\" admin=\"yes"}}), "m user=\"x\\x22 admin=\\x22yes\"");
  EXPECT_EQ(textLine("m", {{"user", "\x1b[2J\xc3\xa4\0"sv}}), "m user=\\x1b[2J\\xc3\\xa4\\x00");
}

TEST(TextLine, EscapesAMessageButKeepsItsQuotes) {
  EXPECT_EQ(textLine("unknown key \"sesion\"\r\n", {}), "unknown key \"sesion\"\\x0d\\x0a");
}

TEST(TextLine, CutsLongValues) {
  const std::string longest(kMaxLogValue, 'x');
  EXPECT_EQ(textLine("m", {{"v", longest}}), "m v=" + longest);
  EXPECT_EQ(textLine("m", {{"v", longest + "y"}}), "m v=" + longest + "...");
}

TEST(JsonMembers, NameTheMessageAndEachField) {
  EXPECT_EQ(jsonMembers("message", "listening", {}), R"("message":"listening")");
  EXPECT_EQ(jsonMembers("audit", "login", {{"user", "anna"}, {"attempt", 3}, {"first", false}}),
            R"("audit":"login","user":"anna","attempt":3,"first":false)");
}

TEST(JsonMembers, EscapeWhatJsonDemands) {
  EXPECT_EQ(jsonMembers("m", "a\"b\\c", {{"v", "\x01\n\t\x1f\x7f\0"sv}}),
            R"("m":"a\"b\\c","v":"\u0001\u000a\u0009\u001f\u007f\u0000")");
}

TEST(JsonMembers, KeepUtf8AndReplaceWhatIsNone) {
  EXPECT_EQ(jsonMembers("m", "", {{"v", "\xc3\xa4\xf0\x9f\x98\x80"}}), "\"m\":\"\",\"v\":\"\xc3\xa4\xf0\x9f\x98\x80\"");
  EXPECT_EQ(jsonMembers("m", "", {{"v", "a\xff\xc3"}}), "\"m\":\"\",\"v\":\"a\xef\xbf\xbd\xef\xbf\xbd\"");
  EXPECT_EQ(jsonMembers("m", "", {{"v", "\xed\xa0\x80"}}), "\"m\":\"\",\"v\":\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

TEST(JsonMembers, CutLongValues) {
  const std::string longest(kMaxLogValue, 'x');
  EXPECT_EQ(jsonMembers("m", "", {{"v", longest + "y"}}), "\"m\":\"\",\"v\":\"" + longest + "...\"");
}

}  // namespace
}  // namespace sessiond
