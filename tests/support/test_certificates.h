// TestAuthority: makes certificates and keys for tests of TLS, in memory, as PEM.

#pragma once

#include <memory>
#include <string>

namespace sessiond {

struct TestCertificate {
  std::string certificate;
  std::string key;
};

/// Not thread-safe.
class TestAuthority {
 public:
  /// A certificate is valid for so many days from now; both may be negative.
  struct Days {
    int from = -1;
    int until = 1;
  };

  explicit TestAuthority(const std::string& name);
  ~TestAuthority();
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  /// One for the whole process: that of RedisServer's own certificates.
  static const TestAuthority& ofThisTest();

  /// Its own, by which the others are believed.
  const std::string& certificate() const { return certificate_; }
  /// `names` as OpenSSL's configuration has them: "DNS:redis.example.org,IP:127.0.0.1".
  TestCertificate issue(const std::string& names, Days days) const;
  TestCertificate issue(const std::string& names) const { return issue(names, Days()); }

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
  std::string certificate_;
};

}  // namespace sessiond
