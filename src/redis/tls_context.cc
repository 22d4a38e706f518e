#include "redis/tls_context.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <utility>

#include "base/check.h"
#include "redis/tls_certificate.h"

namespace sessiond {
namespace {

using Part = TlsProblem::Part;

/// The problems of one file.
class Findings {
 public:
  Findings(Part part, std::vector<TlsProblem>& problems) : part_(part), problems_(problems) {}

  void error(std::string text) { add(false, std::move(text)); }
  void warning(std::string text) { add(true, std::move(text)); }
  /// What OpenSSL itself has to say.
  void refused() { error(std::string("is refused by OpenSSL: ") + ERR_reason_error_string(ERR_peek_last_error())); }

 private:
  void add(bool is_warning, std::string text) { problems_.push_back({part_, is_warning, std::move(text)}); }

  Part part_;
  std::vector<TlsProblem>& problems_;
};

/// All certificates of a file; none after an error.
std::vector<CertificatePtr> readCertificates(std::string_view pem, Findings findings) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  SESSIOND_CHECK(bio != nullptr);
  std::vector<CertificatePtr> certificates;
  while (X509* const certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(certificate);
    if (isPast(X509_get0_notAfter(certificate))) {
      findings.warning("holds a certificate of " + subjectOf(*certificate) + " that expired on " +
                       dayOf(X509_get0_notAfter(certificate)));
    }
  }
  const bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (certificates.empty() && is_end) findings.error("holds no certificate in PEM (-----BEGIN CERTIFICATE-----)");
  if (is_end) return certificates;
  findings.error("is damaged: certificate " + std::to_string(certificates.size() + 1) + " in it cannot be read");
  return {};
}

void useAuthorities(SSL_CTX* context, std::string_view pem, Findings findings) {
  // Whatever certificate the file holds is meant to be trusted, also one that is not its own issuer.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  for (const CertificatePtr& certificate : readCertificates(pem, findings)) {
    if (X509_STORE_add_cert(store, certificate.get()) != 1) return findings.refused();
  }
}

bool useCertificate(SSL_CTX* context, std::string_view pem, Findings findings) {
  const std::vector<CertificatePtr> certificates = readCertificates(pem, findings);
  for (std::size_t i = 0; i < certificates.size(); ++i) {
    const bool taken = i == 0 ? SSL_CTX_use_certificate(context, certificates[i].get()) == 1
                              : SSL_CTX_add1_chain_cert(context, certificates[i].get()) == 1;
    if (taken) continue;
    findings.refused();
    return false;
  }
  return !certificates.empty();
}

int askNobodyForPassphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

void useKey(SSL_CTX* context, std::string_view pem, bool has_certificate, Findings findings) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  SESSIOND_CHECK(bio != nullptr);
  bool asked = false;
  const KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, askNobodyForPassphrase, &asked));
  if (key == nullptr && asked) {
    return findings.error(
        "is protected by a passphrase, which nobody can be asked for; write it without: openssl pkey");
  }
  if (key == nullptr) return findings.error("holds no private key in PEM (-----BEGIN PRIVATE KEY-----)");
  if (!has_certificate) return;
  if (X509_check_private_key(SSL_CTX_get0_certificate(context), key.get()) != 1) {
    return findings.error("is not the key of the certificate in cert_file");
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1) findings.refused();
}

}  // namespace

TlsContext::TlsContext(const TlsMaterial& material)
    : context_(SSL_CTX_new(TLS_client_method())),
      option_(material.option),
      authorities_file_(material.authorities_file) {
  SESSIOND_CHECK(context_ != nullptr);
  SESSIOND_CHECK(SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION) == 1);
  SSL_CTX_set_options(context_, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context_, 1);  // one recv() a record, not two
}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

std::shared_ptr<const TlsContext> TlsContext::make(const TlsMaterial& material, std::vector<TlsProblem>& problems) {
  const std::shared_ptr<TlsContext> made(new TlsContext(material));
  SSL_CTX* const context = made->context_;
  SSL_CTX_set_verify(context, material.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (material.authorities.empty()) {
    SSL_CTX_set_default_verify_paths(context);
  } else {
    useAuthorities(context, material.authorities, {Part::kAuthorities, problems});
  }
  if (!material.certificate.empty()) {
    made->has_certificate_ = useCertificate(context, material.certificate, {Part::kCertificate, problems});
  }
  if (!material.key.empty()) useKey(context, material.key, made->has_certificate_, {Part::kKey, problems});
  ERR_clear_error();
  for (const TlsProblem& problem : problems) {
    if (!problem.is_warning) return nullptr;
  }
  return made;
}

}  // namespace sessiond
