// What is asked of an X.509 certificate here, and the owners of OpenSSL's objects for it.

#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"

namespace sessiond {

struct FreeTls {
  void operator()(X509* certificate) const;
  void operator()(EVP_PKEY* key) const;
  void operator()(BIO* bio) const;
};
using CertificatePtr = std::unique_ptr<X509, FreeTls>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeTls>;
using BioPtr = std::unique_ptr<BIO, FreeTls>;

bool isPast(const ASN1_TIME* moment);
/// "2026-01-31", UTC.
std::string dayOf(const ASN1_TIME* moment);
/// When each of the certificates in a text (PEM) ends, as they stand there.
std::vector<WallTime> endsIn(const std::string& pem);
/// "CN = redis.example.org", printable.
std::string subjectOf(const X509& certificate);
/// The host names and addresses that it is for, "redis.example.org, 10.0.0.7"; "nobody" when there are none.
std::string namesIn(const X509& certificate);

}  // namespace sessiond
