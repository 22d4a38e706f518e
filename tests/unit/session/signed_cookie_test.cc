// The signed values were made by npm's cookie-signature 1.0.7 and cookie 0.7.2, as express-session 1.19 uses them.

#include "session/signed_cookie.h"

#include <gtest/gtest.h>

#include <random>

#include "base/encoding.h"
#include "support/session_ids.h"

namespace sessiond {
namespace {

constexpr const char* kCat = "keyboard cat";
constexpr std::string_view kSigned = "s%3AuiNwd2kU2wS7YzP3.KdGJF4sb2012i%2F%2BhMVBCcyG20MA8ZD2s4UJzb2tyYIA";
constexpr std::string_view kSignedRaw = "s:uiNwd2kU2wS7YzP3.KdGJF4sb2012i/+hMVBCcyG20MA8ZD2s4UJzb2tyYIA";

CookieSigner signerWith(std::initializer_list<const char*> texts) {
  std::vector<Secret> secrets;
  for (const char* text : texts) secrets.emplace_back(std::string(text));
  return CookieSigner(secrets);
}

std::string outcome(const CookieSigner& signer, std::string_view value) {
  const Expected<VerifiedCookie, CheckStatus> verified = signer.verify(value);
  if (verified) return std::to_string(verified->secret) + " " + verified->id.bytes();
  return verified.error() == CheckStatus::kMalformed ? "malformed" : "bad signature";
}

TEST(SignedCookie, SignsAsExpressDoes) {
  const CookieSigner signer = signerWith({kCat});
  EXPECT_EQ(signer.sign(idOf("uiNwd2kU2wS7YzP3")), kSigned);
  EXPECT_EQ(signer.sign(idOf("a.b.c")), "s%3Aa.b.c.G8ReS2HiYVtvMBGFvZUGp5RaCauWFLUTjnnTm%2FEQ2aE");
  EXPECT_EQ(signer.sign(idOf("id with space+/=")),
            "s%3Aid%20with%20space%2B%2F%3D.q92w68SF1RkrKwjV5%2BFA8L5nMt5nYbsED%2BQe6wHMb8w");
  EXPECT_EQ(signer.sign(idOf("\xC3\xA9\xE2\x82\xAC")),
            "s%3A%C3%A9%E2%82%AC.xUgQDt3Dw6hg%2FIrboDtbZmd9ozU%2FZ%2Bc08Z10wSKBVis");
}

TEST(SignedCookie, VerifiesEncodedAndRaw) {
  const CookieSigner signer = signerWith({kCat});
  EXPECT_EQ(outcome(signer, kSigned), "0 uiNwd2kU2wS7YzP3");
  EXPECT_EQ(outcome(signer, kSignedRaw), "0 uiNwd2kU2wS7YzP3");
  EXPECT_EQ(outcome(signer, "s%3auiNwd2kU2wS7YzP3.KdGJF4sb2012i%2f%2bhMVBCcyG20MA8ZD2s4UJzb2tyYIA"),
            "0 uiNwd2kU2wS7YzP3");
  EXPECT_EQ(outcome(signer, "%73:uiNwd2kU2wS7YzP3%2EKdGJF4sb2012i/+hMVBCcyG20MA8ZD2s4UJzb2tyYIA"),
            "0 uiNwd2kU2wS7YzP3");
}

TEST(SignedCookie, DecodesOnce) {
  EXPECT_EQ(outcome(signerWith({kCat}), "s%253AuiNwd2kU2wS7YzP3.KdGJF4sb2012i%252F%252BhMVBCcyG20MA8ZD2s4UJzb2tyYIA"),
            "malformed");
}

TEST(SignedCookie, LeavesTextThatCannotBeDecodedAsItIs) {
  const CookieSigner signer = signerWith({kCat});
  // decodeURIComponent refuses %FF, so for Express the id is the six characters "abc%FF".
  EXPECT_EQ(outcome(signer, "s:abc%FF.M4K+ft+oaS3EQvCYkCFsrMweAMryIh4jXcIg19B6cwg"), "0 abc%FF");
  EXPECT_EQ(outcome(signer, "s%3Aabc%25FF.M4K%2Bft%2BoaS3EQvCYkCFsrMweAMryIh4jXcIg19B6cwg"), "0 abc%FF");
  EXPECT_EQ(outcome(signer, "s%3Ax%.abc"), "malformed");
  EXPECT_EQ(outcome(signer, "s%3Ax%2"), "malformed");
  EXPECT_EQ(outcome(signer, "s%3Ax%zz.abc"), "malformed");
  EXPECT_EQ(outcome(signer, "s:x%zz.abc"), "bad signature");
}

TEST(SignedCookie, SplitsAtTheLastDot) {
  EXPECT_EQ(outcome(signerWith({kCat}), "s:a.b.c.G8ReS2HiYVtvMBGFvZUGp5RaCauWFLUTjnnTm/EQ2aE"), "0 a.b.c");
}

TEST(SignedCookie, CallsWhatIsNoSignedValueMalformed) {
  const CookieSigner signer = signerWith({kCat});
  for (const std::string_view value :
       {std::string_view(""), std::string_view("s"), std::string_view("s:"), std::string_view("s:."),
        std::string_view("s:.abc"), std::string_view("s:nodot"), std::string_view("uiNwd2kU2wS7YzP3.abc"),
        std::string_view("S:a.b"), std::string_view("j:{}"), std::string_view(" s:a.b"), std::string_view("%"),
        std::string_view("s%3A"), std::string_view("\0", 1)}) {
    EXPECT_EQ(outcome(signer, value), "malformed") << value;
  }
}

TEST(SignedCookie, RefusesEverySpellingOfASignatureButExpressOwn) {
  const CookieSigner signer = signerWith({kCat});
  const std::string id = "s:uiNwd2kU2wS7YzP3.";
  for (const char* signature :
       {"KdGJF4sb2012i_-hMVBCcyG20MA8ZD2s4UJzb2tyYIA",   // URL-safe alphabet
        "KdGJF4sb2012i/+hMVBCcyG20MA8ZD2s4UJzb2tyYIA=",  // padded
        "KdGJF4sb2012i/+hMVBCcyG20MA8ZD2s4UJzb2tyYIB",   // stray bits: decodes to the same bytes elsewhere
        "KdGJF4sb2012i/+hMVBCcyG20MA8ZD2s4UJzb2tyYI",    // truncated
        "KdGJF4sb2012i/+hMVBCcyG20MA8ZD2s4UJzb2tyYIAA",  // longer
        "KdGJF4sb2012i/ hMVBCcyG20MA8ZD2s4UJzb2tyYIA",   // a plus sign read as a space
        "kdGJF4sb2012i/+hMVBCcyG20MA8ZD2s4UJzb2tyYIA",   // another case
        "", "="}) {
    EXPECT_EQ(outcome(signer, id + signature), "bad signature") << signature;
  }
}

/// Also behind one that was whole, of which something may still lie about.
TEST(SignedCookie, RefusesEveryBeginningOfASignature) {
  const CookieSigner signer = signerWith({kCat});
  for (std::size_t size = kSignedRaw.rfind('.') + 1; size < kSignedRaw.size(); ++size) {
    ASSERT_TRUE(signer.verify(kSignedRaw));
    EXPECT_EQ(outcome(signer, kSignedRaw.substr(0, size)), "bad signature") << size;
  }
}

TEST(SignedCookie, RefusesEveryOtherCharacterAtEveryPlaceOfASignature) {
  const CookieSigner signer = signerWith({kCat});
  for (int i = 0; i < 100; ++i) {
    const std::string id = "id" + std::to_string(i);
    std::string value = "s:" + id + "." + base64EncodeUnpadded(asBytes(HmacKey(Secret(std::string(kCat))).sign(id)));
    ASSERT_EQ(outcome(signer, value), "0 " + id);
    for (std::size_t at = value.rfind('.') + 1; at < value.size(); ++at) {
      const char right = value[at];
      for (const char wrong : {'_', '-', '=', ' ', '\xff'}) {
        value[at] = wrong;
        EXPECT_EQ(outcome(signer, value), "bad signature") << value;
      }
      value[at] = right;
    }
  }
}

TEST(SignedCookie, WhatIsTooLongIsNotDecoded) {
  const CookieSigner signer = signerWith({kCat});
  EXPECT_EQ(outcome(signer, "%" + std::string(CookieSigner::kMaxValueBytes - 1, 'a')), "malformed");
  EXPECT_EQ(outcome(signer, std::string(CookieSigner::kMaxValueBytes, 'a') + "%41"), "malformed");
}

TEST(SignedCookie, RefusesAnotherIdAndAnotherSecret) {
  EXPECT_EQ(outcome(signerWith({kCat}), "s:uiNwd2kU2wS7YzP4.KdGJF4sb2012i/+hMVBCcyG20MA8ZD2s4UJzb2tyYIA"),
            "bad signature");
  EXPECT_EQ(outcome(signerWith({"keyboard dog"}), kSigned), "bad signature");
}

TEST(SignedCookie, SignsWithTheFirstSecretAndVerifiesWithAll) {
  const CookieSigner rotated = signerWith({"new", "older", kCat});
  EXPECT_EQ(outcome(rotated, kSigned), "2 uiNwd2kU2wS7YzP3");
  EXPECT_EQ(outcome(rotated, rotated.sign(idOf("x"))), "0 x");
  EXPECT_EQ(outcome(rotated, signerWith({"older"}).sign(idOf("x"))), "1 x");
  EXPECT_EQ(outcome(signerWith({kCat, "s2"}), "s%3Ax.3U1G9Q6LoBUhMXCz5pTDvrOcs%2BTM367rVFrQZ9wGi%2BA"), "1 x");
}

TEST(SignedCookie, TakesIdsOf256BytesAndNoLonger) {
  const CookieSigner signer = signerWith({kCat});
  const std::string longest(256, 'x');
  EXPECT_EQ(outcome(signer, "s:" + longest + ".jEX+9jvLk45pJIiE/0SkuyaaaVc+R/TpcVzUwE827tM"), "0 " + longest);
  EXPECT_EQ(outcome(signer, "s:" + longest + "x.jEX+9jvLk45pJIiE/0SkuyaaaVc+R/TpcVzUwE827tM"), "malformed");
}

TEST(SignedCookie, TakesValuesUpToTheirLongestSpelling) {
  const CookieSigner signer = signerWith({kCat});
  std::string spelt;
  for (const char c : "s:" + std::string(256, 'x') + ".jEX+9jvLk45pJIiE/0SkuyaaaVc+R/TpcVzUwE827tM") {
    spelt += "%" + hexEncode(std::string_view(&c, 1));
  }
  EXPECT_EQ(spelt.size(), CookieSigner::kMaxValueBytes);
  EXPECT_EQ(outcome(signer, spelt), "0 " + std::string(256, 'x'));
  EXPECT_EQ(outcome(signer, spelt + "%"), "malformed");
  EXPECT_EQ(outcome(signer, std::string(1 << 20, '%')), "malformed");
}

TEST(SignedCookieDeathTest, NeedsASecret) {
  EXPECT_DEATH(CookieSigner(std::span<const Secret>()), "check failed");
}

TEST(SignedCookieProperty, EveryIdComesBack) {
  std::mt19937 random(20260101);  // NOLINT(cert-msc32-c,cert-msc51-cpp): a test that fails must fail again
  const CookieSigner signer = signerWith({kCat});
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(1 + random() % SessionId::kMaxBytes, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    EXPECT_EQ(outcome(signer, signer.sign(idOf(bytes))), "0 " + bytes);
  }
}

TEST(SignedCookieProperty, NoSingleBitMayBeFlipped) {
  const CookieSigner signer = signerWith({kCat});
  for (std::size_t bit = 0; bit < kSignedRaw.size() * 8; ++bit) {
    std::string flipped(kSignedRaw);
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(signer.verify(flipped)) << bit;
  }
}

TEST(SignedCookieProperty, NoByteMayBeLeftOutOrAdded) {
  const CookieSigner signer = signerWith({kCat});
  for (std::size_t i = 0; i < kSignedRaw.size(); ++i) {
    EXPECT_FALSE(signer.verify(std::string(kSignedRaw).erase(i, 1))) << i;
    EXPECT_FALSE(signer.verify(kSignedRaw.substr(0, i))) << i;
    for (const char c : {'A', '=', '.', ' ', '\0', '%'}) {
      EXPECT_FALSE(signer.verify(std::string(kSignedRaw).insert(i, 1, c))) << i << c;
    }
  }
}

}  // namespace
}  // namespace sessiond
