#include "redis/tls_certificate.h"

#include <openssl/asn1.h>

#include "certificate_in.h"
#include "support/test_certificates.h"

namespace sessiond {
namespace {

using std::chrono::hours;

std::string namesOf(const std::string& names) {
  return namesIn(*certificateIn(TestAuthority::ofThisTest().issue(names).certificate));
}

TEST(TlsCertificate, IsForItsHostsAndAddresses) {
  EXPECT_EQ(namesOf("DNS:redis.example.org,IP:10.0.0.7,IP:2001:db8::7"), "redis.example.org, 10.0.0.7, 2001:db8::7");
}

TEST(TlsCertificate, IsForNoServerByWhatIsNoHost) {
  EXPECT_EQ(namesOf("URI:https://redis.example.org,DNS:a,email:ada@example.org"), "a");
  EXPECT_EQ(namesOf("URI:https://redis.example.org"), "a server of a test") << "then the common name counts";
  EXPECT_EQ(namesOf(""), "a server of a test");
}

TEST(TlsCertificate, MayBeForNobody) {
  const CertificatePtr bare(X509_new());
  EXPECT_EQ(namesIn(*bare), "nobody");
  EXPECT_EQ(subjectOf(*bare), "");
}

TEST(TlsCertificate, EndsAreReadOfAllInAText) {
  const TestAuthority& authority = TestAuthority::ofThisTest();
  const std::string soon = authority.issue("DNS:a", {.from = -1, .until = 2}).certificate;
  const std::string late = authority.issue("DNS:b", {.from = -1, .until = 9}).certificate;
  const std::vector<WallTime> ends = endsIn("# two of them\n" + late + "\n" + soon);
  ASSERT_EQ(ends.size(), 2U);
  const WallTime now = SystemClock().wallNow();
  EXPECT_GT(ends[0], now + hours(8 * 24));
  EXPECT_GT(ends[1], now + hours(24));
  EXPECT_LT(ends[1], now + hours(3 * 24));
  EXPECT_TRUE(endsIn("").empty());
  EXPECT_EQ(endsIn(soon + late.substr(0, late.size() / 2)).size(), 1U);
}

TEST(TlsCertificate, AMomentThatIsNoneHasNoDay) {
  ASN1_TIME* const moment = ASN1_TIME_new();
  ASSERT_EQ(ASN1_TIME_set_string(moment, "20310203040506Z"), 1);
  EXPECT_EQ(dayOf(moment), "2031-02-03");
  EXPECT_FALSE(isPast(moment));
  ASSERT_EQ(ASN1_STRING_set(moment, "some day", -1), 1);
  EXPECT_EQ(dayOf(moment), "");
  ASN1_TIME_free(moment);
}

}  // namespace
}  // namespace sessiond
