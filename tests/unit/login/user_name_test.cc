#include "login/user_name.h"

#include <gtest/gtest.h>

#include <string>

namespace sessiond {
namespace {

std::string canonical(std::string_view typed, NameCase name_case = NameCase::kMatters) {
  return canonicalUserName(typed, name_case).value_or("(none)");
}

TEST(UserName, IsUpTo256BytesOfUtf8WithoutControlCharacters) {
  EXPECT_TRUE(isValidUserName("ada"));
  EXPECT_TRUE(isValidUserName("Ada Lovelace <ada@example.org>"));
  EXPECT_TRUE(isValidUserName("\xc3\xa4"));
  EXPECT_TRUE(isValidUserName(std::string(256, 'a')));
  EXPECT_FALSE(isValidUserName(std::string(257, 'a')));
  EXPECT_FALSE(isValidUserName(""));
  EXPECT_FALSE(isValidUserName("a\nb"));
  EXPECT_FALSE(isValidUserName("a\x7f"));
  EXPECT_FALSE(isValidUserName("a\xc2\x85"));
  EXPECT_TRUE(isValidUserName("a\xc2\xa0z"));
  EXPECT_FALSE(isValidUserName(std::string_view("a\0b", 3)));
  EXPECT_FALSE(isValidUserName("\xc3"));
}

TEST(UserName, LosesWhatStandsAroundIt) {
  EXPECT_EQ(canonical("ada "), "ada");
  EXPECT_EQ(canonical(" \tada\r\n"), "ada");
  EXPECT_EQ(canonical("\xc2\xa0"
                      "ada\xe3\x80\x80"),
            "ada")
      << "no-break and ideographic space";
  EXPECT_EQ(canonical("\xef\xbb\xbf"
                      "ada\xe2\x80\x8b"),
            "ada")
      << "byte order mark and zero-width space";
  EXPECT_EQ(canonical("\xe2\x80\x8f"
                      "ada\xe2\x80\x8e"),
            "ada")
      << "marks of writing direction";
  EXPECT_EQ(canonical("ada  lovelace"), "ada  lovelace") << "what stands inside is part of the name";
}

TEST(UserName, HasOneSpellingForWhatLooksAlikeByDefinition) {
  EXPECT_EQ(canonical("jose\xcc\x81"), "jos\xc3\xa9");
  EXPECT_EQ(canonical("jos\xc3\xa9"), "jos\xc3\xa9");
  EXPECT_EQ(canonical("\xe2\x84\xaa"
                      "elvin"),
            "Kelvin")
      << "the sign for kelvin";
}

TEST(UserName, KeepsItsCaseUnlessThatIsIgnored) {
  EXPECT_EQ(canonical("Ada"), "Ada");
  EXPECT_EQ(canonical("ADA", NameCase::kIgnored), "ada");
  EXPECT_EQ(canonical("\xc3\x89"
                      "va",
                      NameCase::kIgnored),
            "\xc3\xa9va");
  EXPECT_EQ(canonical("E\xcc\x81"
                      "va",
                      NameCase::kIgnored),
            "\xc3\xa9va");
}

TEST(UserName, IsCountedWithoutCaseCompatibilityAndWhatIsNotSeen) {
  EXPECT_EQ(foldedUserName("ADA"), "ada");
  EXPECT_EQ(foldedUserName("\xef\xbc\xa1"
                           "da"),
            "ada")
      << "a wide letter";
  EXPECT_EQ(foldedUserName("a\xc2\xad"
                           "da"),
            "ada")
      << "a soft hyphen";
  EXPECT_EQ(foldedUserName("STRASSE"), foldedUserName("stra\xc3\x9f"
                                                      "e"));
  EXPECT_EQ(foldedUserName("JOSE\xcc\x81"), "jos\xc3\xa9");
  EXPECT_NE(foldedUserName("jos\xc3\xa9"), foldedUserName("jose"));
  EXPECT_EQ(foldedUserName("a\xff"), "a\xff") << "no text";
}

TEST(UserName, CanonicalTwiceIsCanonicalOnce) {
  for (const char* typed : {"ada", " Ada ", "I\xcc\x87va", "\xc4\xb0va", "\xe1\xba\x9e",
                            "\xcc\x81"
                            "a",
                            "\xe1\xbe\xb3\xcc\x81", "\xce\xa3\xcf\x82", "\xea\xb0\x80\xe1\x86\xa8"}) {
    for (const NameCase name_case : {NameCase::kMatters, NameCase::kIgnored}) {
      const std::string once = canonical(typed, name_case);
      EXPECT_EQ(canonical(once, name_case), once) << typed;
    }
  }
  EXPECT_EQ(canonical("I\xcc\x87va", NameCase::kIgnored), canonical("\xc4\xb0va", NameCase::kIgnored));
}

TEST(UserName, IsNobodysWhenItIsEmptyTooLongOrNoText) {
  EXPECT_EQ(canonical(""), "(none)");
  EXPECT_EQ(canonical(" \xc2\xa0"), "(none)");
  EXPECT_EQ(canonical("a\nb"), "(none)");
  EXPECT_EQ(canonical(std::string_view("a\0b", 3)), "(none)");
  EXPECT_EQ(canonical("a\xff"), "(none)");
  EXPECT_EQ(canonical(std::string(256, 'a')), std::string(256, 'a'));
  EXPECT_EQ(canonical(std::string(257, 'a')), "(none)");
  EXPECT_EQ(canonical(" " + std::string(256, 'a') + " "), std::string(256, 'a'));
  EXPECT_EQ(canonical(std::string(8192, 'a')), "(none)");
}

TEST(UserName, TrimmingLeavesAloneWhatIsNoUtf8) {
  EXPECT_EQ(trimUserName(" a\xff "), " a\xff ");
}

}  // namespace
}  // namespace sessiond
