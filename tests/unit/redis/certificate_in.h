// certificateIn(): the certificate in a test's PEM.

#pragma once

#include <gtest/gtest.h>
#include <openssl/pem.h>

#include <string>

#include "redis/tls_certificate.h"

namespace sessiond {

inline CertificatePtr certificateIn(const std::string& pem) {
  const BioPtr bytes(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  CertificatePtr certificate(PEM_read_bio_X509(bytes.get(), nullptr, nullptr, nullptr));
  EXPECT_NE(certificate, nullptr);
  return certificate;
}

}  // namespace sessiond
