// What is said about the files of redis.tls.

#include "config/tls_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include "config/config_file.h"
#include "redis/tls_context.h"
#include "support/test_certificates.h"
#include "unit/config/secret_folder.h"

namespace sessiond {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Result = Expected<SoundConfig, std::vector<ConfigProblem>>;

class TlsFiles : public testing::Test {
 protected:
  TlsFiles() {
    folder_.write("ca.pem", authority_.certificate());
    put("own", authority_.issue("DNS:sessiond.example.org"));
    put("other", authority_.issue("DNS:sessiond.example.org"));
  }
  void put(const std::string& name, const TestCertificate& made) {
    folder_.write(name + ".pem", made.certificate);
    folder_.write(name + ".key", made.key);
  }
  Result read(const std::string& tls) {
    return readConfigFile(
        folder_.write("sessiond.yaml", "redis:\n  url: rediss://redis.example.org\n  tls: {" + tls + "}\n"),
        folder_.path());
  }
  /// What is said, without the place of the section.
  std::vector<std::string> said(const std::string& tls) {
    const Result result = read(tls);
    std::vector<std::string> texts;
    for (const ConfigProblem& problem : result ? result->warnings : result.error()) {
      EXPECT_EQ(problem.line, 3U) << describe(problem);
      std::string text = problem.severity == ProblemSeverity::kWarning ? "warning: " : "";
      text += problem.path + ": " + problem.message;
      for (std::size_t at; (at = text.find(folder_.path())) != std::string::npos;) {
        text.replace(at, folder_.path().size(), "FOLDER");
      }
      texts.push_back(std::move(text));
    }
    return texts;
  }

  const TestAuthority authority_{"an authority"};
  const SecretFolder folder_;
};

TEST_F(TlsFiles, AContextIsMadeOfThem) {
  const Result result = read("ca_file: ca.pem, cert_file: own.pem, key_file: \"credential:own.key\"");
  ASSERT_TRUE(result);
  EXPECT_THAT(result->warnings, IsEmpty());
  ASSERT_NE(result->config.redis.tls.context, nullptr);
  EXPECT_TRUE(result->config.redis.tls.context->hasCertificate());
  EXPECT_EQ(result->config.redis.tls.context->authoritiesFile(), folder_.path() + "/ca.pem");
}

TEST_F(TlsFiles, AContextVerifiesUnlessItIsToldOtherwise) {
  const auto modeOf = [](const Result& result) {
    return SSL_CTX_get_verify_mode(result->config.redis.tls.context->get());
  };
  EXPECT_EQ(modeOf(read("ca_file: ca.pem")), SSL_VERIFY_PEER);
  EXPECT_EQ(modeOf(read("ca_file: ca.pem, verify: true")), SSL_VERIFY_PEER);
  EXPECT_EQ(modeOf(read("verify: false")), SSL_VERIFY_NONE);
  EXPECT_THAT(said("verify: false"),
              ElementsAre("warning: redis.tls.verify: is false: whoever gets between sessiond and Redis can read "
                          "sessions and let anybody in"));
}

TEST_F(TlsFiles, WithoutFilesTheSystemsAuthoritiesCount) {
  const Result result = read("");
  ASSERT_TRUE(result);
  ASSERT_NE(result->config.redis.tls.context, nullptr);
  EXPECT_FALSE(result->config.redis.tls.context->hasCertificate());
}

TEST_F(TlsFiles, WithoutTlsThereIsNoContext) {
  const Result result =
      readConfigFile(folder_.write("sessiond.yaml", "redis: {url: \"redis://127.0.0.1\"}\n"), folder_.path());
  ASSERT_TRUE(result);
  EXPECT_EQ(result->config.redis.tls.context, nullptr);
}

TEST_F(TlsFiles, AllThatAreMissingAreNamed) {
  EXPECT_THAT(said("ca_file: a, cert_file: b, key_file: c"),
              ElementsAre("redis.tls.ca_file: cannot read FOLDER/a: no such file or directory",
                          "redis.tls.cert_file: cannot read FOLDER/b: no such file or directory",
                          "redis.tls.key_file: cannot read FOLDER/c: No such file or directory"));
  EXPECT_THAT(said("ca_file: ."), ElementsAre("redis.tls.ca_file: cannot read FOLDER/: is not a regular file"));
  EXPECT_THAT(
      said("cert_file: \"credential:none\", key_file: own.key"),
      ElementsAre("redis.tls.cert_file: cannot read FOLDER/none: no such file or directory; systemd makes it at "
                  "the start from the file that LoadCredential=none:FILE of the unit names, such as "
                  "FOLDER/none"));
}

TEST_F(TlsFiles, WhatIsNoPemIsNamed) {
  folder_.write("text", "no certificate\n");
  folder_.write("empty", "");
  EXPECT_THAT(said("ca_file: text, cert_file: own.key, key_file: own.pem"),
              ElementsAre("redis.tls.ca_file: holds no certificate in PEM (-----BEGIN CERTIFICATE-----)",
                          "redis.tls.cert_file: holds no certificate in PEM (-----BEGIN CERTIFICATE-----)",
                          "redis.tls.key_file: holds no private key in PEM (-----BEGIN PRIVATE KEY-----)"));
  EXPECT_THAT(said("ca_file: empty"), ElementsAre("redis.tls.ca_file: FOLDER/empty is empty"));
  std::string cut = authority_.certificate() + authority_.certificate();
  folder_.write("cut", cut.substr(0, cut.size() - 60));
  EXPECT_THAT(said("ca_file: cut"), ElementsAre("redis.tls.ca_file: is damaged: certificate 2 in it cannot be read"));
}

TEST_F(TlsFiles, AKeyHasToBeThatOfTheCertificate) {
  EXPECT_THAT(said("cert_file: own.pem, key_file: other.key"),
              ElementsAre("redis.tls.key_file: is not the key of the certificate in cert_file"));
  EXPECT_THAT(said("cert_file: own.pem"),
              ElementsAre("redis.tls.cert_file: is of no use without key_file; name both files, or none"));
  EXPECT_THAT(said("key_file: own.key"),
              ElementsAre("redis.tls.key_file: is of no use without cert_file; name both files, or none"));
}

TEST_F(TlsFiles, AKeyWithAPassphraseIsOfNoUse) {
  folder_.write("locked", R"(-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgCrcdVLVFfnAICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEBFPkkJv7ZP4sqZ541HgYDcEgZDS
+abZA5WJ/oyQy7J/oAQTtDPuH9gF+Yj8AqiTcgT+lGakzI4rPWRdjahOfLnm/nXw
RL60v4HhwaPYk/nSoP8BXWInzrAX0UiLPvZsVsH7NXlvtFskIJAQSVE98RKq7zCh
eilD1TJS1NLiCNX7fDkx4gMIJJM1IhSp8NLKLvyhQkvtZIvdsJmkkcTMdqdKDto=
-----END ENCRYPTED PRIVATE KEY-----
)");
  EXPECT_THAT(said("cert_file: own.pem, key_file: locked"),
              ElementsAre("redis.tls.key_file: is protected by a passphrase, which nobody can be asked for; write it "
                          "without: openssl pkey"));
}

TEST_F(TlsFiles, WhatHasExpiredIsAWarning) {
  put("old", authority_.issue("DNS:sessiond.example.org", {.from = -20, .until = -2}));
  const std::vector<std::string> texts = said("ca_file: old.pem, cert_file: old.pem, key_file: old.key");
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_EQ(texts[0].substr(0, 94),
            "warning: redis.tls.ca_file: holds a certificate of CN = a server of a test that expired on 202");
  EXPECT_EQ(texts[1].substr(0, 96),
            "warning: redis.tls.cert_file: holds a certificate of CN = a server of a test that expired on 202");
}

TEST_F(TlsFiles, AKeyThatEverybodyMayReadIsAWarning) {
  ASSERT_EQ(::chmod((folder_.path() + "/own.key").c_str(), 0644), 0);
  EXPECT_THAT(said("cert_file: own.pem, key_file: own.key"),
              ElementsAre("warning: redis.tls.key_file: FOLDER/own.key can be read by everybody on this machine; chmod "
                          "o-rwx FOLDER/own.key"));
}

}  // namespace
}  // namespace sessiond
