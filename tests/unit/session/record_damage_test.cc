#include "session/record_damage.h"

#include <gtest/gtest.h>

#include <string>

#include "base/enum_size.h"

namespace sessiond {
namespace {

TEST(RecordDamage, HasAMeaningAndARemedyForEach) {
  for (std::size_t i = 1; i < enumSize<RecordDamage>(); ++i) {
    const DamageWords words = wordsOf(static_cast<RecordDamage>(i), 8192);
    EXPECT_FALSE(words.meaning.empty()) << i;
    EXPECT_FALSE(words.remedy.empty()) << i;
  }
  EXPECT_EQ(wordsOf(RecordDamage::kTooLarge, 8192).meaning, "it is larger than session.max_bytes, 8192 bytes");
  EXPECT_EQ(wordsOf(RecordDamage::kTooDeep, 8192).meaning, "it is nested deeper than 64 levels");
}

TEST(RecordDamage, NobodyIsToldToDeleteWhatIsSound) {
  for (const RecordDamage damage : {RecordDamage::kTooLarge, RecordDamage::kTooDeep, RecordDamage::kInexactId})
    EXPECT_EQ(wordsOf(damage, 8192).remedy.find("delete the key"), std::string::npos);
}

}  // namespace
}  // namespace sessiond
