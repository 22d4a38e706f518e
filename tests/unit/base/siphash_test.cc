#include "base/siphash.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace sessiond {
namespace {

/// The key and the texts of the authors' test vectors. What to expect is what OpenSSL says, and it says the authors'
/// for 2-4: `openssl mac -macopt hexkey:000102…0f -macopt size:16 -macopt c-rounds:1 -macopt d-rounds:3 -in FILE
/// SIPHASH`.
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

TEST(SipHash, AgreesWithOpenssl) {
  EXPECT_EQ(hashOfFirstBytes(0), "e77ebcb22788a5befd62db6add303001");
  EXPECT_EQ(hashOfFirstBytes(1), "fc6f370460d3eda85e0573cc2b2ff063");
  EXPECT_EQ(hashOfFirstBytes(15), "c17e5505b2bd526c2921cdec1e7e0109");
  EXPECT_EQ(hashOfFirstBytes(63), "4c5800e34efe426f079f6b0aa75260ad");
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
