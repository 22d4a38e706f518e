#include "login/htpasswd_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sessiond {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kBcryptHash = "$2y$04$DohYbeYw2a0QpZnD7b/bqOAIuaCko2NH3uzom8bH8MtvVFp2lDT2K";

HtpasswdContent parse(const std::string& text) {
  return parseHtpasswd(text, "users", NameCase::kMatters);
}

TEST(HtpasswdParser, ReadsWhatApachesToolWrites) {
  const HtpasswdContent content = parse("bob:" + kBcryptHash + "\n\nada:" + kBcryptHash + "\n");
  EXPECT_THAT(content.problems, IsEmpty());
  ASSERT_EQ(content.users.size(), 2U);
  EXPECT_EQ(content.users[0].login, "ada");
  EXPECT_EQ(content.users[0].entry.password_hash, kBcryptHash);
  EXPECT_EQ(content.users[0].entry.user.json, R"({"id":"ada","name":"ada","roles":[]})");
  EXPECT_TRUE(content.users[0].entry.user.json.starts_with(R"({"id":"ada",)"));
  EXPECT_EQ(content.users[1].login, "bob");
}

TEST(HtpasswdParser, ReadsIdNameEmailAndRolesFromTheThirdField) {
  const HtpasswdContent content =
      parse("ada:" + kBcryptHash + ":roles=admin,staff;id=42;name=Ada L.: Countess;email=ada@example.org");
  EXPECT_THAT(content.problems, IsEmpty());
  ASSERT_EQ(content.users.size(), 1U);
  EXPECT_EQ(content.users[0].entry.user.json,
            R"({"id":"42","name":"Ada L.: Countess","email":"ada@example.org","roles":["admin","staff"]})");
  EXPECT_TRUE(content.users[0].entry.user.json.starts_with(R"({"id":"42",)"));
}

TEST(HtpasswdParser, SkipsCommentsEmptyLinesAndCarriageReturns) {
  const HtpasswdContent content = parse("# users\r\n\r\nada:" + kBcryptHash + "\r\n#bob:plain\n");
  EXPECT_THAT(content.problems, IsEmpty());
  ASSERT_EQ(content.users.size(), 1U);
  EXPECT_EQ(content.users[0].entry.password_hash, kBcryptHash);
}

TEST(HtpasswdParser, AnEmptyFileHasNobody) {
  EXPECT_THAT(parse("").users, IsEmpty());
  EXPECT_THAT(parse("").problems, IsEmpty());
}

TEST(HtpasswdParser, NoRolesIsAnEmptyList) {
  EXPECT_EQ(parse("a:" + kBcryptHash + ":roles=").users.at(0).entry.user.json, R"({"id":"a","name":"a","roles":[]})");
}

/// More than 50 lines: a file with every mistake, and what is said of each.
TEST(HtpasswdParser, ReportsEveryBadLineWithItsNumber) {
  const HtpasswdContent content = parse("ada:" + kBcryptHash +
                                        "\n"
                                        "no colon\n"
                                        ":" +
                                        kBcryptHash +
                                        "\n"
                                        "bob:secret\n"
                                        "ada:" +
                                        kBcryptHash +
                                        "\n"
                                        "c:" +
                                        kBcryptHash +
                                        ":a comment\n"
                                        "d:" +
                                        kBcryptHash +
                                        ":role=admin\n"
                                        "e:" +
                                        kBcryptHash +
                                        ":id=1;id=2\n"
                                        "f:" +
                                        kBcryptHash +
                                        ":roles=a,,b\n"
                                        "g:" +
                                        kBcryptHash +
                                        ":email=\n"
                                        "h\x01:" +
                                        kBcryptHash +
                                        "\n"
                                        "i\xff:" +
                                        kBcryptHash +
                                        "\n"
                                        "j:" +
                                        kBcryptHash +
                                        ":\n"
                                        "k:$2y$20$DohYbeYw2a0QpZnD7b/bqOAIuaCko2NH3uzom8bH8MtvVFp2lDT2K\n" +
                                        std::string(257, 'l') + ":" + kBcryptHash + "\n");
  EXPECT_THAT(
      content.problems,
      ElementsAre(
          "users:2: line must be name:hash but has no colon", "users:3: name must be 1 to 256 bytes but is 0",
          "users:4: user \"bob\": hash form is not known (plain text?); accepted are bcrypt ($2a$, $2b$, "
          "$2y$), SHA-crypt ($5$, $6$), yescrypt ($y$) and argon2id; make it anew: htpasswd -B FILE NAME",
          "users:5: user \"ada\" is already on line 1",
          "users:6: user \"c\": third field must be name=value members parted by ; but holds \"a comment\"",
          "users:7: user \"d\": unknown member \"role\" (known are id, name, email, roles)",
          "users:8: user \"e\": id is given twice", "users:9: user \"f\": roles holds an empty role",
          "users:10: user \"g\": email is empty", "users:11: name holds a control character",
          "users:12: name is not UTF-8",
          "users:13: user \"j\": third field must be name=value members parted by ; but holds \"\"",
          "users:14: user \"k\": bcrypt cost must be between 4 and 14 but is 20; make it anew: htpasswd -B FILE NAME",
          "users:15: name must be 1 to 256 bytes but is 257"));
  std::string usable;
  for (const HtpasswdLine& line : content.users) usable += line.entry.damage.empty() ? line.login + ";" : "";
  EXPECT_EQ(usable, "ada;");
}

TEST(HtpasswdParser, WhatFollowsU007FCanBeAControl) {
  const HtpasswdContent content =
      parse("a\xc2\x85z:" + kBcryptHash + "\nb:" + kBcryptHash + ":id=4\xc2\x9b\nc\xc2\xa0z:" + kBcryptHash + "\n");
  EXPECT_THAT(content.problems, ElementsAre("users:1: name holds a control character",
                                            "users:2: user \"b\": line holds a control character"));
}

TEST(HtpasswdParser, WhoseLineIsBadIsKnownAndDamaged) {
  const HtpasswdContent content = parse("ada:$apr1$pXlDpX8E$ZjV7\nbob:" + kBcryptHash + ":role=x\neve:" + kBcryptHash +
                                        ":name=\xff\nzoe:" + kBcryptHash + "\n");
  EXPECT_EQ(content.problems.size(), 3U);
  ASSERT_EQ(content.users.size(), 4U);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(content.users[i].entry.damage, "users:" + std::to_string(i + 1) + ": the line is bad");
    EXPECT_EQ(content.users[i].entry.password_hash, "");
  }
  EXPECT_EQ(content.users[3].entry.damage, "");
}

TEST(HtpasswdParser, WhoseNameHasSpaceAroundItIsKnownAndDamaged) {
  const HtpasswdContent content =
      parse("ada :!" + kBcryptHash + "\n bob:" + kBcryptHash + "\ncy\t:" + kBcryptHash + "\n\xef\xbb\xbf" +
            "eve:" + kBcryptHash + "\neve:" + kBcryptHash + "\n" + std::string(300, ' ') + "zoe:" + kBcryptHash + "\n");
  EXPECT_EQ(content.problems.size(), 6U);
  ASSERT_EQ(content.users.size(), 5U);
  const std::string_view logins[] = {"ada", "bob", "cy", "eve", "zoe"};
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(content.users[i].login, logins[i]);
    EXPECT_NE(content.users[i].entry.damage, "") << "another directory would let them in";
  }
}

TEST(HtpasswdParser, ALockedUserIsNoMistake) {
  const HtpasswdContent content =
      parse("ada:!" + kBcryptHash + ":id=42\nbob:*\neve:*LK*\nmia:!!\nzoe:" + kBcryptHash + "\n");
  EXPECT_THAT(content.problems, IsEmpty());
  ASSERT_EQ(content.users.size(), 5U);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(content.users[i].entry.locked) << content.users[i].login;
  EXPECT_FALSE(content.users[4].entry.locked);
}

TEST(HtpasswdParser, TheFirstLineOfANameCounts) {
  const HtpasswdContent content = parse("ada:!\nada:" + kBcryptHash + "\n");
  EXPECT_THAT(content.problems, ElementsAre("users:2: user \"ada\" is already on line 1"));
  ASSERT_EQ(content.users.size(), 1U);
  EXPECT_TRUE(content.users[0].entry.locked);
}

TEST(HtpasswdParser, SkipsAByteOrderMarkBlankLinesAndIndentedComments) {
  const HtpasswdContent content = parse(
      "\xef\xbb\xbf"
      "ada:" +
      kBcryptHash + "\n \t\r\n  # users:x\n");
  EXPECT_THAT(content.problems, IsEmpty());
  ASSERT_EQ(content.users.size(), 1U);
  EXPECT_EQ(content.users[0].login, "ada");
}

TEST(HtpasswdParser, RefusesNamesWithSpaceAroundThem) {
  EXPECT_THAT(parse(" ada:" + kBcryptHash + "\nbob :" + kBcryptHash + "\neve\xc2\xa0:" + kBcryptHash + "\n").problems,
              ElementsAre("users:1: name \" ada\" has white space around it",
                          "users:2: name \"bob \" has white space around it",
                          "users:3: name \"eve\\xc2\\xa0\" has white space around it"));
}

TEST(HtpasswdParser, RefusesValuesWithSpaceAroundThem) {
  const HtpasswdContent content =
      parse("a:" + kBcryptHash + ":id= 42\nb:" + kBcryptHash + ":name=Bob ;id=7\nc:" + kBcryptHash +
            ":email=\xc2\xa0x@y\nd:" + kBcryptHash + ":roles=staff, admin\ne:" + kBcryptHash +
            ":id=1; roles=staff\nf:" + kBcryptHash + ":id=4 2;name=F \xc2\xa0 F\n");
  EXPECT_THAT(content.problems,
              ElementsAre("users:1: user \"a\": id \" 42\" has white space around it",
                          "users:2: user \"b\": name \"Bob \" has white space around it",
                          "users:3: user \"c\": email \"\\xc2\\xa0x@y\" has white space around it",
                          "users:4: user \"d\": role \" admin\" has white space around it",
                          "users:5: user \"e\": unknown member \" roles\" (known are id, name, email, roles)"));
  ASSERT_EQ(content.users.size(), 6U);
  EXPECT_EQ(content.users[5].entry.damage, "") << "what stands inside is part of the value";
}

TEST(HtpasswdParser, FilesAUserUnderTheCanonicalName) {
  EXPECT_EQ(parse("jose\xcc\x81:" + kBcryptHash).users.at(0).login, "jos\xc3\xa9");
  const HtpasswdContent content =
      parseHtpasswd("Ada:" + kBcryptHash + "\nada:" + kBcryptHash, "users", NameCase::kIgnored);
  EXPECT_THAT(content.problems, ElementsAre("users:2: user \"ada\" is already on line 1"));
  EXPECT_EQ(content.users.at(0).login, "ada");
  EXPECT_TRUE(content.users.at(0).entry.user.json.starts_with(R"({"id":"Ada",)"));
}

TEST(HtpasswdParser, NeverRepeatsAPasswordOrHash) {
  for (const std::string& problem : parse("bob:hunter2\nada:$2y$99$" + kBcryptHash + "\nhunter2\n").problems)
    EXPECT_EQ(problem.find("hunter2"), std::string::npos) << problem;
}

}  // namespace
}  // namespace sessiond
