// What of the administrator's files is taken, and what is said of the rest.

#include "redis/tls_context.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "redis/tls_certificate.h"
#include "support/test_certificates.h"

namespace sessiond {
namespace {

using Part = TlsProblem::Part;

/// "0: holds no ...": the part, "!" for an error, and its text.
std::vector<std::string> problemsOf(TlsMaterial material) {
  material.option = "redis.tls";
  std::vector<TlsProblem> problems;
  const auto context = TlsContext::make(material, problems);
  std::vector<std::string> said;
  bool is_usable = true;
  for (const TlsProblem& problem : problems) {
    is_usable = is_usable && problem.is_warning;
    said.push_back(std::to_string(static_cast<int>(problem.part)) + (problem.is_warning ? ": " : "! ") + problem.text);
  }
  EXPECT_EQ(context != nullptr, is_usable);
  return said;
}

std::string encrypted(const std::string& key) {
  const BioPtr in(BIO_new_mem_buf(key.data(), static_cast<int>(key.size())));
  const KeyPtr plain(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  const BioPtr out(BIO_new(BIO_s_mem()));
  char passphrase[] = "secret";
  EXPECT_EQ(PEM_write_bio_PrivateKey(out.get(), plain.get(), EVP_aes_256_cbc(), nullptr, 0, nullptr, passphrase), 1);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(out.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

class TlsContextTest : public testing::Test {
 protected:
  const TestAuthority& authority_ = TestAuthority::ofThisTest();
  const TestCertificate own_ = authority_.issue("DNS:sessiond.example.org");
  const std::vector<std::string> none_{};
};

TEST_F(TlsContextTest, TakesACertificateWithItsChainAndItsKey) {
  const std::string chain = own_.certificate + authority_.certificate();
  std::vector<TlsProblem> problems;
  const auto context = TlsContext::make(
      {.option = "redis.tls", .authorities = authority_.certificate(), .certificate = chain, .key = own_.key},
      problems);
  ASSERT_NE(context, nullptr);
  EXPECT_TRUE(problems.empty());
  EXPECT_TRUE(context->hasCertificate());
  STACK_OF(X509)* shown = nullptr;
  ASSERT_EQ(SSL_CTX_get0_chain_certs(context->get(), &shown), 1);
  EXPECT_EQ(sk_X509_num(shown), 1) << "what leads to the authority is shown, too";
}

TEST_F(TlsContextTest, NeedsNoFiles) {
  EXPECT_EQ(problemsOf({}), none_);
}

TEST_F(TlsContextTest, ATextWithoutCertificatesIsNone) {
  const std::vector<std::string> authorities = {"0! holds no certificate in PEM (-----BEGIN CERTIFICATE-----)"};
  EXPECT_EQ(problemsOf({.authorities = "nothing of the kind\n"}), authorities);
  EXPECT_EQ(problemsOf({.authorities = own_.key}), authorities);
  const std::vector<std::string> certificate = {"1! holds no certificate in PEM (-----BEGIN CERTIFICATE-----)"};
  EXPECT_EQ(problemsOf({.certificate = own_.key, .key = own_.key}), certificate);
}

TEST_F(TlsContextTest, NothingIsTakenOfADamagedText) {
  const std::string broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  const std::string half = own_.certificate.substr(0, own_.certificate.size() / 2);
  EXPECT_EQ(problemsOf({.authorities = authority_.certificate() + broken}),
            std::vector<std::string>{"0! is damaged: certificate 2 in it cannot be read"});
  EXPECT_EQ(problemsOf({.certificate = half, .key = own_.key}),
            std::vector<std::string>{"1! is damaged: certificate 1 in it cannot be read"});
}

TEST_F(TlsContextTest, WhatHasExpiredIsTakenWithAWarning) {
  const std::string old = authority_.issue("DNS:a", {.from = -5, .until = -2}).certificate;
  const std::vector<std::string> said = problemsOf({.authorities = authority_.certificate() + old});
  ASSERT_EQ(said.size(), 1U);
  EXPECT_TRUE(said[0].starts_with("0: holds a certificate of CN = a server of a test that expired on 2")) << said[0];
}

TEST_F(TlsContextTest, AKeyHasToBeReadableAndTheCertificates) {
  const auto withKey = [&](const std::string& key) {
    return problemsOf({.certificate = own_.certificate, .key = key});
  };
  EXPECT_EQ(withKey(own_.key), none_);
  EXPECT_EQ(withKey(own_.certificate),
            std::vector<std::string>{"2! holds no private key in PEM (-----BEGIN PRIVATE KEY-----)"});
  EXPECT_EQ(withKey(encrypted(own_.key)),
            std::vector<std::string>{
                "2! is protected by a passphrase, which nobody can be asked for; write it without: openssl pkey"});
  EXPECT_EQ(withKey(authority_.issue("DNS:b").key),
            std::vector<std::string>{"2! is not the key of the certificate in cert_file"});
  EXPECT_EQ(problemsOf({.key = own_.key}), none_) << "whose it is cannot be told";
}

}  // namespace
}  // namespace sessiond
