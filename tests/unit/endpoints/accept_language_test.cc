#include "endpoints/pages/accept_language.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sessiond {
namespace {

const std::vector<std::string> kAvailable = {"en", "de", "fr", "pt-BR", "zh-Hant"};

std::string chosen(const std::string& header) {
  return kAvailable[chooseLanguage(header, kAvailable, 0)];
}

TEST(AcceptLanguage, TheBestThatThereIs) {
  EXPECT_EQ(chosen(""), "en");
  EXPECT_EQ(chosen("de"), "de");
  EXPECT_EQ(chosen("DE-ch"), "de");
  EXPECT_EQ(chosen("tlh, fr;q=0.5, de;q=0.7"), "de");
  EXPECT_EQ(chosen("fr, de"), "fr") << "the first of equals";
  EXPECT_EQ(chosen("de;q=0.1,fr;q=0.125 , en;q=0.12"), "fr");
  EXPECT_EQ(chosen("zh-Hant-TW-x-private"), "zh-Hant");
  EXPECT_EQ(chosen("de-x-fr"), "de");
}

TEST(AcceptLanguage, ALanguageAloneIsServedByItsRegion) {
  EXPECT_EQ(chosen("pt"), "pt-BR");
  EXPECT_EQ(chosen("pt-PT"), "pt-BR");
}

TEST(AcceptLanguage, WhatIsRefusedOrMeaninglessChoosesNothing) {
  EXPECT_EQ(chosen("de;q=0"), "en");
  EXPECT_EQ(chosen("*"), "en");
  EXPECT_EQ(chosen("*, fr;q=0.1"), "fr");
  for (const char* header :
       {"de;q=2", "de;q=1.001", "de;q=0.1234", "de;q=", "de;x=1", "de;q=-1", ";;,,=", "d e", "-de", "--"})
    EXPECT_EQ(chosen(header), "en") << header;
}

TEST(AcceptLanguage, LooksAt16EntriesAnd512Bytes) {
  std::string many;
  for (int i = 0; i < 15; ++i) many += "xx,";
  EXPECT_EQ(chosen(many + "de"), "de");
  EXPECT_EQ(chosen(many + "xx,de"), "en");
  EXPECT_EQ(chosen(std::string(509, 'x') + ",de"), "de");
  EXPECT_EQ(chosen(std::string(510, 'x') + ",de"), "en");
  EXPECT_EQ(chosen("xx," + std::string(507, 'x') + ",de-DE"), "en") << "half an entry is none";
}

}  // namespace
}  // namespace sessiond
