#include "base/crypto.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/encoding.h"

namespace sessiond {
namespace {

using namespace std::string_literals;

std::string hmac(std::string key, std::string_view message) {
  return hexEncode(asBytes(HmacKey(Secret(std::move(key))).sign(message)));
}

// FIPS 180-4, and NIST's example of the empty message
TEST(Sha256, AgreesWithThePublishedVectors) {
  EXPECT_EQ(hexEncode(asBytes(sha256(""))), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hexEncode(asBytes(sha256("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hexEncode(asBytes(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

// RFC 4231 §4.2 to §4.8; case 5 truncates its result
TEST(Hmac, AgreesWithTheVectorsOfTheRfc) {
  EXPECT_EQ(hmac(std::string(20, '\x0b'), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hmac("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hmac(std::string(20, '\xaa'), std::string(50, '\xdd')),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  std::string counting;
  for (char byte = 1; byte <= 25; ++byte) counting += byte;
  EXPECT_EQ(hmac(counting, std::string(50, '\xcd')),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
  EXPECT_EQ(hmac(std::string(20, '\x0c'), "Test With Truncation").substr(0, 32), "a3b6167473100ee06e0c796c2955552b");
  EXPECT_EQ(hmac(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(
      hmac(std::string(131, '\xaa'),
           "This is a test using a larger than block-size key and a larger than block-size data. The key needs to "
           "be hashed before being used by the HMAC algorithm."),
      "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

TEST(Hmac, TakesKeysOnBothSidesOfTheBlockSize) {
  EXPECT_NE(hmac(std::string(64, 'k'), "m"), hmac(std::string(asBytes(sha256(std::string(64, 'k')))), "m"));
  EXPECT_EQ(hmac(std::string(65, 'k'), "m"), hmac(std::string(asBytes(sha256(std::string(65, 'k')))), "m"));
}

TEST(Hmac, SignsAgainAndAgainWithOneKey) {
  const HmacKey key(Secret("Jefe"s));
  const Sha256Digest first = key.sign("what do ya want for nothing?");
  EXPECT_NE(key.sign("something else"), first);
  EXPECT_EQ(key.sign("what do ya want for nothing?"), first);
}

TEST(Hmac, AKeyForOnePurposeIsWhatTheSecretSignsThePurposeWith) {
  const HmacKey key = deriveKey(Secret("Jefe"s), "what do ya want for nothing?");
  const HmacKey same(Secret(std::string(asBytes(HmacKey(Secret("Jefe"s)).sign("what do ya want for nothing?")))));
  EXPECT_EQ(hexEncode(asBytes(key.sign("x"))), hexEncode(asBytes(same.sign("x"))));
}

TEST(Hmac, IsSharedByThreads) {
  const HmacKey key(Secret("Jefe"s));
  const Sha256Digest expected = key.sign("message");
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 1000; ++round) ASSERT_EQ(key.sign("message"), expected);
    });
  }
}

TEST(ConstantTimeEqual, ComparesLengthAndEveryByte) {
  EXPECT_TRUE(constantTimeEqual("", ""));
  EXPECT_TRUE(constantTimeEqual("same", "same"));
  EXPECT_FALSE(constantTimeEqual("same", "samf"));
  EXPECT_FALSE(constantTimeEqual("same", "xame"));
  EXPECT_FALSE(constantTimeEqual("same", "same "));
  EXPECT_FALSE(constantTimeEqual("", "x"));
}

TEST(ConstantTimeEqual, SeesADifferenceInAnyBit) {
  for (std::size_t size = 1; size <= 40; ++size) {
    const std::string text(size, 's');
    for (std::size_t bit = 0; bit < 8 * size; ++bit) {
      std::string other = text;
      other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << bit % 8));
      EXPECT_FALSE(constantTimeEqual(text, other)) << size << " bytes, bit " << bit;
    }
    EXPECT_TRUE(constantTimeEqual(text, std::string(size, 's')));
  }
}

TEST(Pseudonym, IsShortAndDependsOnKeyAndValue) {
  const HmacKey key(Secret("one"s));
  EXPECT_EQ(pseudonym(key, "anna"), hmac("one", "anna").substr(0, 12));
  EXPECT_NE(pseudonym(key, "anna"), pseudonym(key, "bert"));
  EXPECT_NE(pseudonym(key, "anna"), pseudonym(HmacKey(Secret("two"s)), "anna"));
}

}  // namespace
}  // namespace sessiond
