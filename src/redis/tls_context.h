// TlsContext: what all TLS connections of one configuration share: whom they believe, and who we say we are.
//
// Made of the files' contents, once a configuration; so renewed certificates take a reload. TLS 1.2 or newer, no
// renegotiation.

#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sessiond {

/// PEM.
struct TlsMaterial {
  std::string option;            ///< "redis.tls", for messages
  std::string authorities_file;  ///< where `authorities` is from, for messages
  std::string_view authorities;  ///< empty: those that the system knows
  std::string_view certificate;  ///< with what leads from it to its authority; empty: we show none
  std::string_view key;
  bool verify = true;
};

struct TlsProblem {
  enum class Part : std::uint8_t { kAuthorities, kCertificate, kKey };
  Part part{};
  bool is_warning = false;
  std::string text;  ///< "holds no certificate in PEM"
};

/// Immutable; may be used by several threads.
class TlsContext {
 public:
  /// Null when one of the problems found is no warning. The material is not needed afterwards.
  static std::shared_ptr<const TlsContext> make(const TlsMaterial& material, std::vector<TlsProblem>& problems);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// OpenSSL counts who uses it.
  SSL_CTX* get() const { return context_; }
  const std::string& option() const { return option_; }
  /// Empty: the authorities are the system's.
  const std::string& authoritiesFile() const { return authorities_file_; }
  bool hasCertificate() const { return has_certificate_; }

 private:
  explicit TlsContext(const TlsMaterial& material);

  SSL_CTX* const context_;
  const std::string option_;
  const std::string authorities_file_;
  bool has_certificate_ = false;
};

}  // namespace sessiond
