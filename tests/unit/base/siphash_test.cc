#include "base/siphash.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace sessiond {
namespace {

/// The key and the texts of the authors' test vectors; `openssl mac -macopt size:16 SIPHASH` says the same.
std::string hashOfFirstBytes(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text.push_back(static_cast<char>(i));
  const TextHash hash = sipHash128(text, {.first = 0x0706050403020100, .second = 0x0f0e0d0c0b0a0908});
  std::string bytes(sizeof hash, '\0');
  std::memcpy(bytes.data(), &hash, sizeof hash);
  std::string hex;
  for (const char byte : bytes) {
    constexpr const char* kDigits = "0123456789abcdef";
    hex.push_back(kDigits[static_cast<unsigned char>(byte) >> 4]);
    hex.push_back(kDigits[static_cast<unsigned char>(byte) & 15]);
  }
  return hex;
}

TEST(SipHash, AgreesWithTheAuthorsVectors) {
  EXPECT_EQ(hashOfFirstBytes(0), "a3817f04ba25a8e66df67214c7550293");
  EXPECT_EQ(hashOfFirstBytes(1), "da87c1d86b99af44347659119b22fc45");
  EXPECT_EQ(hashOfFirstBytes(15), "5493e99933b0a8117e08ec0f97cfc3d9");
  EXPECT_EQ(hashOfFirstBytes(63), "5150d1772f50834a503e069a973fbd7c");
}

TEST(SipHash, AProcessKnowsATextAgain) {
  EXPECT_EQ(textHash("text"), textHash(std::string("text")));
  EXPECT_NE(textHash("text"), textHash("texT"));
  EXPECT_NE(textHash("text"), textHash(std::string_view("text\0", 5)));
  EXPECT_TRUE(textHash(""));
  EXPECT_FALSE(TextHash());
}

}  // namespace
}  // namespace sessiond
