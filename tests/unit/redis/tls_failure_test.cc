// What is said of each way in which TLS can fail: what to do, where that can be told, and else OpenSSL's own words.

#include "redis/tls_failure.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "certificate_in.h"
#include "redis/redis_settings.h"
#include "support/test_certificates.h"

namespace sessiond {
namespace {

constexpr char kCertificateWanted[] =
    "the server wants a certificate from its clients; name one in redis.tls.cert_file, and its key in "
    "redis.tls.key_file";
constexpr char kTooOld[] = "the server speaks no TLS 1.2 or newer";

class TlsFailure : public testing::Test {
 protected:
  std::string ofSsl(int reason, const TlsCircumstances& known = {}) {
    return describeTlsError(ERR_PACK(ERR_LIB_SSL, 0, reason), known, peer_);
  }
  std::string ofAlert(int alert, const TlsCircumstances& known = {}) {
    return ofSsl(SSL_AD_REASON_OFFSET + alert, known);
  }
  std::string ofCertificate(int error, const TlsPeer& peer) {
    return describeCertificateProblem(error, *certificate_, peer);
  }
  static std::shared_ptr<const TlsContext> contextOf(const std::string& file) {
    std::vector<TlsProblem> problems;
    return TlsContext::make({.option = "redis.tls", .authorities_file = file}, problems);
  }

  TlsPeer peer_{contextOf("/ca.pem"), "redis.example.org", TlsSettings::kByUrl};
  const CertificatePtr certificate_ =
      certificateIn(TestAuthority::ofThisTest().issue("DNS:elsewhere", {.from = -5, .until = 5}).certificate);
};

TEST_F(TlsFailure, AServerThatDoesNotAcceptOurCertificate) {
  const std::string refused = "the server does not accept the certificate in redis.tls.cert_file: ";
  EXPECT_EQ(ofAlert(TLS1_AD_UNKNOWN_CA), refused + "unknown CA");
  EXPECT_EQ(ofAlert(SSL3_AD_BAD_CERTIFICATE), refused + "bad certificate");
  EXPECT_EQ(ofAlert(SSL3_AD_UNSUPPORTED_CERTIFICATE), refused + "unsupported certificate");
  EXPECT_EQ(ofAlert(SSL3_AD_CERTIFICATE_REVOKED), refused + "certificate revoked");
  EXPECT_EQ(ofAlert(SSL3_AD_CERTIFICATE_EXPIRED), refused + "certificate expired");
  EXPECT_EQ(ofAlert(SSL3_AD_CERTIFICATE_UNKNOWN), refused + "certificate unknown");
  EXPECT_EQ(ofAlert(TLS1_AD_ACCESS_DENIED), refused + "access denied");
}

TEST_F(TlsFailure, AServerThatWantsACertificate) {
  EXPECT_EQ(ofAlert(TLS13_AD_CERTIFICATE_REQUIRED), kCertificateWanted);
  const TlsCircumstances missed{.complaint = "", .certificate_missed = true};
  EXPECT_EQ(ofAlert(SSL3_AD_BAD_CERTIFICATE, missed), kCertificateWanted);
  EXPECT_EQ(ofAlert(SSL3_AD_HANDSHAKE_FAILURE, missed), kCertificateWanted);
  EXPECT_EQ(describeTlsEnd("it closed", missed, peer_), kCertificateWanted);
}

TEST_F(TlsFailure, AServerThatSpeaksAnotherTls) {
  EXPECT_EQ(ofAlert(SSL3_AD_HANDSHAKE_FAILURE),
            "the server knows no cipher or signature of those that this side takes");
  EXPECT_EQ(ofAlert(TLS1_AD_PROTOCOL_VERSION), kTooOld);
  for (const int reason : {SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_VERSION_TOO_LOW, SSL_R_WRONG_SSL_VERSION})
    EXPECT_EQ(ofSsl(reason), kTooOld);
  EXPECT_EQ(ofAlert(TLS1_AD_INTERNAL_ERROR), "the server ends the TLS handshake: internal error");
}

TEST_F(TlsFailure, AServerWithoutTls) {
  for (const int reason : {SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST, SSL_R_PACKET_LENGTH_TOO_LONG})
    EXPECT_EQ(ofSsl(reason), "what answers at this port is not TLS; does redis.url need redis://?");
  const TlsPeer node(contextOf(""), "redis.example.org", TlsSettings::kByCluster);
  EXPECT_EQ(describeTlsError(ERR_PACK(ERR_LIB_SSL, 0, SSL_R_WRONG_VERSION_NUMBER), {}, node),
            "what answers at this port is not TLS; does redis.cluster.tls have to be false?");
}

TEST_F(TlsFailure, WhatNobodyHasWordsForIsSaidInThoseOfOpenSsl) {
  EXPECT_EQ(ofSsl(SSL_R_BAD_EXTENSION), "TLS: bad extension");
  EXPECT_EQ(describeTlsError(ERR_PACK(ERR_LIB_X509, 0, X509_R_CERT_ALREADY_IN_HASH_TABLE), {}, peer_),
            "TLS: cert already in hash table");
  EXPECT_EQ(describeTlsError(ERR_PACK(ERR_LIB_USER, 0, 77), {}, peer_), "TLS: unknown error");
}

/// OpenSSL then says only that it could not be verified.
TEST_F(TlsFailure, WhatIsWrongWithTheServersCertificateGoesFirstUntilItIsBelieved) {
  TlsCircumstances known{.complaint = "it is for nobody"};
  EXPECT_EQ(ofSsl(SSL_R_CERTIFICATE_VERIFY_FAILED, known), "it is for nobody");
  known.established = true;
  EXPECT_EQ(ofSsl(SSL_R_BAD_EXTENSION, known), "TLS: bad extension");
}

TEST_F(TlsFailure, AnEndIsSaidToBeInTheHandshakeIfItIs) {
  EXPECT_EQ(describeTlsEnd("it closed", {}, peer_), "it closed, in the TLS handshake");
  EXPECT_EQ(describeTlsEnd("it closed", {.established = true, .complaint = ""}, peer_), "it closed");
  const TlsCircumstances later{.established = true, .complaint = "", .certificate_missed = true, .heard = true};
  EXPECT_EQ(describeTlsEnd("it closed", later, peer_), "it closed") << "it has spoken with us without one";
}

TEST_F(TlsFailure, ACertificateThatLeadsToNoAuthority) {
  const TlsPeer anywhere(contextOf(""), "redis.example.org", TlsSettings::kByUrl);
  for (const int error : {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
                          X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
                          X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_CERT_SIGNATURE_FAILURE}) {
    EXPECT_EQ(ofCertificate(error, peer_),
              "the server's certificate is from no authority in redis.tls.ca_file, /ca.pem");
    EXPECT_EQ(ofCertificate(error, anywhere),
              "the server's certificate is from no authority that this system knows; name its authority's in "
              "redis.tls.ca_file");
  }
}

TEST_F(TlsFailure, ACertificateOfAnotherTimeOrName) {
  const std::string subject = " (CN = a server of a test)";
  EXPECT_EQ(ofCertificate(X509_V_ERR_CERT_HAS_EXPIRED, peer_),
            "the server's certificate, or one that vouches for it, expired on " +
                dayOf(X509_get0_notAfter(certificate_.get())) + subject);
  EXPECT_EQ(ofCertificate(X509_V_ERR_CERT_NOT_YET_VALID, peer_),
            "the server's certificate, or one that vouches for it, is valid from " +
                dayOf(X509_get0_notBefore(certificate_.get())) + " on only" + subject);
  for (const int error : {X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH})
    EXPECT_EQ(ofCertificate(error, peer_),
              "the server's certificate is for elsewhere, not for redis.example.org; if it is the right server, name "
              "it so in redis.tls.server_name");
  EXPECT_EQ(ofCertificate(X509_V_ERR_CERT_REVOKED, peer_),
            "the server's certificate is not accepted: certificate revoked" + subject);
}

}  // namespace
}  // namespace sessiond
