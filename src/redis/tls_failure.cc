#include "redis/tls_failure.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "redis/redis_settings.h"
#include "redis/tls_certificate.h"

namespace sessiond {
namespace {

std::string certificateWanted(const TlsPeer& peer) {
  const std::string& option = peer.context().option();
  return "the server wants a certificate from its clients; name one in " + option + ".cert_file, and its key in " +
         option + ".key_file";
}

std::string unknownAuthority(const TlsPeer& peer) {
  const std::string& file = peer.context().authoritiesFile();
  const std::string option = peer.context().option() + ".ca_file";
  if (file.empty()) {
    return "the server's certificate is from no authority that this system knows; name its authority's in " + option;
  }
  return "the server's certificate is from no authority in " + option + ", " + file;
}

/// What the server said before it ended the handshake.
std::string describeAlert(int alert, const TlsCircumstances& known, const TlsPeer& peer) {
  const std::string option = peer.context().option();
  switch (alert) {
    case TLS13_AD_CERTIFICATE_REQUIRED:
      return certificateWanted(peer);
    case TLS1_AD_PROTOCOL_VERSION:
      return "the server speaks no TLS 1.2 or newer";
    case TLS1_AD_UNKNOWN_CA:
    case SSL3_AD_BAD_CERTIFICATE:
    case SSL3_AD_UNSUPPORTED_CERTIFICATE:
    case SSL3_AD_CERTIFICATE_REVOKED:
    case SSL3_AD_CERTIFICATE_EXPIRED:
    case SSL3_AD_CERTIFICATE_UNKNOWN:
    case TLS1_AD_ACCESS_DENIED:
      if (known.certificate_missed) return certificateWanted(peer);
      return "the server does not accept the certificate in " + option +
             ".cert_file: " + SSL_alert_desc_string_long(alert);
    case SSL3_AD_HANDSHAKE_FAILURE:
      if (known.certificate_missed) return certificateWanted(peer);
      return "the server knows no cipher or signature of those that this side takes";
    default:
      return std::string("the server ends the TLS handshake: ") + SSL_alert_desc_string_long(alert);
  }
}

}  // namespace

std::string describeCertificateProblem(int error, const X509& certificate, const TlsPeer& peer) {
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "the server's certificate, or one that vouches for it, expired on " +
             dayOf(X509_get0_notAfter(&certificate)) + " (" + subjectOf(certificate) + ")";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "the server's certificate, or one that vouches for it, is valid from " +
             dayOf(X509_get0_notBefore(&certificate)) + " on only (" + subjectOf(certificate) + ")";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "the server's certificate is for " + namesIn(certificate) + ", not for " + peer.name() +
             "; if it is the right server, name it so in " + peer.context().option() + ".server_name";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return unknownAuthority(peer);
    default:
      return std::string("the server's certificate is not accepted: ") + X509_verify_cert_error_string(error) + " (" +
             subjectOf(certificate) + ")";
  }
}

std::string describeTlsError(unsigned long error, const TlsCircumstances& known, const TlsPeer& peer) {
  if (!known.complaint.empty() && !known.established) return known.complaint;
  const int reason = ERR_GET_REASON(error);
  if (ERR_GET_LIB(error) == ERR_LIB_SSL) {
    if (reason >= SSL_AD_REASON_OFFSET) return describeAlert(reason - SSL_AD_REASON_OFFSET, known, peer);
    switch (reason) {
      case SSL_R_UNSUPPORTED_PROTOCOL:
      case SSL_R_VERSION_TOO_LOW:
      case SSL_R_WRONG_SSL_VERSION:
        return "the server speaks no TLS 1.2 or newer";
      case SSL_R_WRONG_VERSION_NUMBER:
      case SSL_R_HTTP_REQUEST:
      case SSL_R_PACKET_LENGTH_TOO_LONG:
        return "what answers at this port is not TLS; " +
               (peer.askedBy() == TlsSettings::kByUrl ? std::string("does redis.url need redis://?")
                                                      : "does " + std::string(peer.askedBy()) + " have to be false?");
      default:
        break;
    }
  }
  const char* const words = ERR_reason_error_string(error);
  return std::string("TLS: ") + (words == nullptr ? "unknown error" : words);
}

std::string describeTlsEnd(const std::string& words, const TlsCircumstances& known, const TlsPeer& peer) {
  if (known.certificate_missed && !known.heard) return certificateWanted(peer);
  return known.established ? words : words + ", in the TLS handshake";
}

}  // namespace sessiond
