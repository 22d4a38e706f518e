#include "redis/tls_certificate.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>
#include <string_view>

#include "base/encoding.h"

namespace sessiond {
namespace {

constexpr std::size_t kMaxShown = 200;

struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

std::string_view bytesOf(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string addressIn(std::string_view bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (bytes.size() == sizeof(in_addr)) inet_ntop(AF_INET, bytes.data(), text.data(), text.size());
  if (bytes.size() == sizeof(in6_addr)) inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
  return text.data();
}

/// Empty: of a kind that no server is called by.
std::string nameIn(const GENERAL_NAME* name) {
  if (name->type == GEN_DNS) return std::string(bytesOf(name->d.dNSName));
  if (name->type == GEN_IPADD) return addressIn(bytesOf(name->d.iPAddress));
  return "";
}

/// Where no alternative name says whom it is for, the common name does.
std::string commonNameOf(const X509& certificate) {
  const X509_NAME* const subject = X509_get_subject_name(&certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  return at < 0 ? "" : std::string(bytesOf(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
}

}  // namespace

void FreeTls::operator()(X509* certificate) const {
  X509_free(certificate);
}
void FreeTls::operator()(EVP_PKEY* key) const {
  EVP_PKEY_free(key);
}
void FreeTls::operator()(BIO* bio) const {
  BIO_free(bio);
}

bool isPast(const ASN1_TIME* moment) {
  return X509_cmp_current_time(moment) < 0;
}

std::string dayOf(const ASN1_TIME* moment) {
  std::tm day{};
  std::array<char, 32> text{};
  if (ASN1_TIME_to_tm(moment, &day) == 1) std::strftime(text.data(), text.size(), "%Y-%m-%d", &day);
  return text.data();
}

std::vector<WallTime> endsIn(const std::string& pem) {
  const BioPtr bytes(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::vector<WallTime> ends;
  while (const CertificatePtr certificate{PEM_read_bio_X509(bytes.get(), nullptr, nullptr, nullptr)}) {
    std::tm end{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1) continue;
    ends.emplace_back(std::chrono::seconds(::timegm(&end)));
  }
  ERR_clear_error();  // the end of the text is one
  return ends;
}

std::string subjectOf(const X509& certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr) return "";
  X509_NAME_print_ex(bio.get(), X509_get_subject_name(&certificate), 0, XN_FLAG_ONELINE);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return escapeForLog({bytes, static_cast<std::size_t>(size)}, kMaxShown);
}

std::string namesIn(const X509& certificate) {
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::string text;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const std::string name = nameIn(sk_GENERAL_NAME_value(names.get(), i));
    if (!name.empty()) text += (text.empty() ? "" : ", ") + name;
  }
  if (text.empty()) text = commonNameOf(certificate);
  return text.empty() ? "nobody" : escapeForLog(text, kMaxShown);
}

}  // namespace sessiond
