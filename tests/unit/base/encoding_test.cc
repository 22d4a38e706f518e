#include "base/encoding.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>

namespace sessiond {
namespace {

using namespace std::string_view_literals;

std::string everyByte() {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  return bytes;
}

TEST(HexEncode, WritesTwoLowerCaseDigitsForEachByte) {
  EXPECT_EQ(hexEncode(""), "");
  EXPECT_EQ(hexEncode("\x00\x0f\xa0\xff"sv), "000fa0ff");
}

TEST(EncodedTime, IsANumberOfMilliseconds) {
  const WallTime time(std::chrono::milliseconds(0x0102030405060708));
  EXPECT_EQ(encodeTime(time), "\x01\x02\x03\x04\x05\x06\x07\x08");
  EXPECT_EQ(encodeTime(time).size(), kTimeBytes);
  EXPECT_EQ(decodeTime(encodeTime(time)), time);
}

TEST(BigEndian, PutsTheGreatestByteFirst) {
  EXPECT_EQ(bigEndian(0x0102030405060708), "\x01\x02\x03\x04\x05\x06\x07\x08");
  EXPECT_EQ(bigEndian(0xff), std::string(7, '\0') + "\xff");
  for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{0x8000000000000001}, ~std::uint64_t{0}}) {
    EXPECT_EQ(fromBigEndian(bigEndian(number)), number);
  }
}

// RFC 4648 §10
TEST(Base64, AgreesWithTheVectorsOfTheRfc) {
  const std::pair<std::string_view, std::string_view> vectors[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"},
  };
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(base64EncodeUnpadded(bytes), text);
    EXPECT_EQ(base64UrlEncode(bytes), text);
    EXPECT_EQ(base64UrlDecode(text), bytes);
  }
}

TEST(Base64, TakesNoPadding) {
  for (const std::string_view text : {"Zg==", "Zm8=", "Zg=", "Zm9v=", "=", "====", "Zg==Zg=="}) {
    EXPECT_EQ(base64UrlDecode(text), std::nullopt) << text;
  }
}

TEST(Base64, RefusesBitsThatNoEncoderLeaves) {
  EXPECT_EQ(base64UrlDecode("Zh"), std::nullopt);
  EXPECT_EQ(base64UrlDecode("Zm9"), std::nullopt);
}

TEST(Base64, RefusesALengthThatNoEncoderMakes) {
  EXPECT_EQ(base64UrlDecode("Z"), std::nullopt);
  EXPECT_EQ(base64UrlDecode("Zm9vY"), std::nullopt);
}

TEST(Base64, KeepsTheTwoAlphabetsApart) {
  EXPECT_EQ(base64EncodeUnpadded("\xfb\xff\xbf"), "+/+/");
  EXPECT_EQ(base64UrlEncode("\xfb\xff\xbf"), "-_-_");
  EXPECT_EQ(base64UrlDecode("+/+/"), std::nullopt);
}

TEST(Base64, RefusesEveryByteOutsideItsAlphabetAtEveryPlace) {
  const std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (const char byte : everyByte()) {
    if (alphabet.find(byte) != std::string_view::npos) continue;
    for (std::size_t place = 0; place < 7; ++place) {
      std::string text = "AAAAAAA";
      text[place] = byte;
      EXPECT_EQ(base64UrlDecode(text), std::nullopt) << hexEncode(text);
    }
  }
}

TEST(Base64, GivesBackWhatWasEncoded) {
  std::mt19937 random(1);
  for (std::size_t length = 0; length < 300; ++length) {
    std::string bytes(length, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    EXPECT_EQ(base64UrlDecode(base64UrlEncode(bytes)), bytes);
  }
}

TEST(PercentEncode, KeepsWhatEncodeUriComponentKeeps) {
  const std::string_view kept = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()";
  EXPECT_EQ(percentEncode(kept), kept);
  for (const char byte : everyByte()) {
    const std::string text = percentEncode(std::string_view(&byte, 1));
    EXPECT_EQ(text.size(), kept.find(byte) != std::string_view::npos ? 1U : 3U) << text;
  }
  EXPECT_EQ(percentEncode("s:a b+/=&\xc3\xa4"), "s%3Aa%20b%2B%2F%3D%26%C3%A4");
}

TEST(PercentDecode, TakesDigitsOfBothCases) {
  EXPECT_EQ(percentDecode(""), "");
  EXPECT_EQ(percentDecode("plain"), "plain");
  EXPECT_EQ(percentDecode("s%3Aabc%2fdef%2B"), "s:abc/def+");
  EXPECT_EQ(percentDecode("%00"), "\0"sv);
}

TEST(PercentDecode, LeavesThePlusSignAlone) {
  EXPECT_EQ(percentDecode("a+b"), "a+b");
}

TEST(PercentDecode, DecodesOnce) {
  EXPECT_EQ(percentDecode("%253A"), "%3A");
}

TEST(PercentDecode, RefusesAPercentSignWithoutTwoDigits) {
  for (const std::string_view text :
       {"%", "%3", "a%", "a%3", "%zz", "%3g", "%g3", "%%41", "abc%4", "%-1", "% 1", "%+1", "%0x"}) {
    EXPECT_EQ(percentDecode(text), std::nullopt) << text;
  }
  EXPECT_EQ(percentDecode("%\0\0"sv), std::nullopt);
  EXPECT_EQ(percentDecode("%3A"sv.substr(0, 2)), std::nullopt);
  EXPECT_EQ(percentDecode("%3A"sv.substr(0, 1)), std::nullopt);
}

TEST(PercentDecode, GivesBackWhatWasEncoded) {
  EXPECT_EQ(percentDecode(percentEncode(everyByte())), everyByte());
}

// RFC 3629 §4, and the table of well-formed sequences in the Unicode standard (3-7).
TEST(Utf8, TakesTheFirstAndTheLastOfEachLength) {
  const std::pair<std::string_view, std::size_t> sequences[] = {
      {"\x00"sv, 1},       {"\x7f", 1},         {"\xc2\x80", 2},     {"\xdf\xbf", 2},         {"\xe0\xa0\x80", 3},
      {"\xed\x9f\xbf", 3}, {"\xee\x80\x80", 3}, {"\xef\xbf\xbf", 3}, {"\xf0\x90\x80\x80", 4}, {"\xf4\x8f\xbf\xbf", 4},
  };
  for (const auto& [sequence, length] : sequences) {
    EXPECT_EQ(firstUtf8(sequence).bytes, length) << hexEncode(sequence);
    EXPECT_TRUE(firstUtf8(sequence).valid) << hexEncode(sequence);
    EXPECT_TRUE(isValidUtf8(sequence)) << hexEncode(sequence);
    EXPECT_TRUE(isValidUtf8("1234567" + std::string(sequence) + "123456789")) << hexEncode(sequence);
  }
}

TEST(Utf8, RefusesSurrogatesOverlongFormsAndWhatIsBeyondUnicode) {
  for (const std::string_view text :
       {"\x80"sv, "\xbf"sv, "\xc0\x80"sv, "\xc1\xbf"sv, "\xe0\x9f\xbf"sv, "\xed\xa0\x80"sv, "\xed\xbf\xbf"sv,
        "\xf0\x8f\xbf\xbf"sv, "\xf4\x90\x80\x80"sv, "\xf5\x80\x80\x80"sv, "\xfe"sv, "\xff"sv}) {
    EXPECT_FALSE(firstUtf8(text).valid) << hexEncode(text);
    EXPECT_FALSE(isValidUtf8(text)) << hexEncode(text);
    EXPECT_FALSE(isValidUtf8("12345678" + std::string(text))) << hexEncode(text);
    EXPECT_FALSE(isValidUtf8("12345678" + std::string(text) + "12345678")) << hexEncode(text);
  }
}

// As many bytes as could begin a character, and at least one.
TEST(Utf8, SaysHowFarWhatIsIllFormedGoes) {
  const std::pair<std::string_view, std::size_t> parts[] = {
      {""sv, 0},           {"\x80z", 1},         {"\xc1\xbf", 1},         {"\xc3(", 1},
      {"\xe2\x82", 2},     {"\xe2\x82\xe2", 2},  {"\xe0\x9f\xbf", 1},     {"\xed\xa0\x80", 1},
      {"\xf0\x9f\x98", 3}, {"\xf0\x9f\x98z", 3}, {"\xf0\x8f\xbf\xbf", 1}, {"\xf4\x90\x80\x80", 1},
      {"\xf5\x80", 1},     {"\xff", 1},
  };
  for (const auto& [text, bytes] : parts) {
    EXPECT_EQ(firstUtf8(text).bytes, bytes) << hexEncode(text);
    EXPECT_FALSE(firstUtf8(text).valid) << hexEncode(text);
  }
}

TEST(Utf8, TellsTheBytesThatGoOnWithACharacter) {
  for (int byte = 0; byte < 256; ++byte) {
    EXPECT_EQ(isUtf8Continuation(static_cast<char>(byte)), byte >= 0x80 && byte < 0xc0) << byte;
  }
}

TEST(Utf8, RefusesASequenceThatIsCutOff) {
  for (const std::string_view whole : {"\xc3\xa4"sv, "\xe2\x82\xac"sv, "\xf0\x9f\x98\x80"sv}) {
    for (std::size_t length = 1; length < whole.size(); ++length) {
      EXPECT_FALSE(isValidUtf8(whole.substr(0, length)));
      EXPECT_FALSE(isValidUtf8(std::string(whole.substr(0, length)) + "a"));
    }
  }
  EXPECT_TRUE(isValidUtf8(""));
}

TEST(EscapeForLog, KeepsPrintableAsciiAndEscapesTheRest) {
  EXPECT_EQ(escapeForLog("GET /a?b=c"), "GET /a?b=c");
  EXPECT_EQ(escapeForLog("a\r\nb\tc"), "a\\x0d\\x0ab\\x09c");
  EXPECT_EQ(escapeForLog("\"quoted\" 'single' back\\slash"), "\\x22quoted\\x22 \\x27single\\x27 back\\x5cslash");
  EXPECT_EQ(escapeForLog("\x1b[31m\x7f\xc3\xa4\0"sv), "\\x1b[31m\\x7f\\xc3\\xa4\\x00");
}

TEST(Controls, AreThoseBeforeTheSpaceAndThoseBehindTheTilde) {
  for (const std::string_view text : {"a\nb"sv, "\0"sv, "a\x7f"sv, "\xc2\x80"sv, "a\xc2\x85z"sv, "\xc2\x9f"sv})
    EXPECT_TRUE(hasControls(text)) << escapeForLog(text);
  for (const std::string_view text : {""sv, " ~"sv, "\xc2\xa0"sv, "\xc3\x85"sv, "\xe2\x82\x85"sv, "\xf0\x9f\x98\x80"sv})
    EXPECT_FALSE(hasControls(text)) << escapeForLog(text);
}

TEST(EscapeForLog, CutsAtTheLimit) {
  EXPECT_EQ(escapeForLog("abcdef", 6), "abcdef");
  EXPECT_EQ(escapeForLog("abcdefg", 6), "abcdef...");
  EXPECT_EQ(escapeForLog(std::string(200, 'x')), std::string(128, 'x') + "...");
}

}  // namespace
}  // namespace sessiond
