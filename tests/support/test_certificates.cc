#include "support/test_certificates.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/check.h"
#include "base/random.h"

namespace sessiond {
namespace {

struct Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using CertificatePtr = std::unique_ptr<X509, Free>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Free>;

template <typename Write>
std::string pemOf(Write write) {
  const std::unique_ptr<BIO, Free> bio(BIO_new(BIO_s_mem()));
  SESSIOND_CHECK(write(bio.get()) == 1);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

KeyPtr newKey() {
  KeyPtr key(EVP_EC_gen("P-256"));
  SESSIOND_CHECK(key != nullptr);
  return key;
}

void extend(X509& certificate, X509& issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  SESSIOND_CHECK(extension != nullptr && X509_add_ext(&certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

CertificatePtr newCertificate(const std::string& name, EVP_PKEY& key, TestAuthority::Days days) {
  constexpr long kDay = 86400;
  CertificatePtr certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), randomBelow(1U << 31) + 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), days.from * kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), days.until * kDay);
  X509_NAME* const subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                             0);
  X509_set_pubkey(certificate.get(), &key);
  return certificate;
}

}  // namespace

struct TestAuthority::Parts {
  KeyPtr key;
  CertificatePtr certificate;
};

TestAuthority::TestAuthority(const std::string& name) : parts_(std::make_unique<Parts>()) {
  parts_->key = newKey();
  parts_->certificate = newCertificate(name, *parts_->key, {.from = -10, .until = 10});
  X509& own = *parts_->certificate;
  X509_set_issuer_name(&own, X509_get_subject_name(&own));
  extend(own, own, NID_basic_constraints, "critical,CA:TRUE");
  SESSIOND_CHECK(X509_sign(&own, parts_->key.get(), EVP_sha256()) > 0);
  certificate_ = pemOf([&](BIO* bio) { return PEM_write_bio_X509(bio, &own); });
}

TestAuthority::~TestAuthority() = default;

const TestAuthority& TestAuthority::ofThisTest() {
  static const TestAuthority authority("the authority of a test");
  return authority;
}

TestCertificate TestAuthority::issue(const std::string& names, Days days) const {
  const KeyPtr key = newKey();
  const CertificatePtr certificate = newCertificate("a server of a test", *key, days);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(parts_->certificate.get()));
  if (!names.empty()) extend(*certificate, *parts_->certificate, NID_subject_alt_name, names);
  SESSIOND_CHECK(X509_sign(certificate.get(), parts_->key.get(), EVP_sha256()) > 0);
  return {.certificate = pemOf([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); }),
          .key = pemOf([&](BIO* bio) {
            return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

}  // namespace sessiond
