// TlsPeer: what all TLS links to one server share: whom they expect there, and the session by which the next handshake
// is shorter.

#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/guarded.h"
#include "redis/link.h"
#include "redis/tls_context.h"

namespace sessiond {

/// Thread-safe; must outlive its links.
class TlsPeer {
 public:
  /// `name`: the host name or address that the server's certificate has to be for.
  /// `asked_by`: the option that asks for TLS (TlsSettings).
  TlsPeer(std::shared_ptr<const TlsContext> context, std::string name, std::string_view asked_by);
  ~TlsPeer();
  TlsPeer(const TlsPeer&) = delete;
  TlsPeer& operator=(const TlsPeer&) = delete;

  /// Over a connected stream socket in blocking mode.
  std::unique_ptr<Link> link(UniqueFd socket);

  const TlsContext& context() const { return *context_; }
  const std::string& name() const { return name_; }
  std::string_view askedBy() const { return asked_by_; }
  /// An SSL of this context that expects the server, and goes on where the last session was.
  SSL* makeSsl() const;
  /// Takes over what the server has handed out last; null: it is no good any more.
  void keepSession(SSL_SESSION* session);

 private:
  struct FreeSession {
    void operator()(SSL_SESSION* session) const;
  };

  const std::shared_ptr<const TlsContext> context_;
  const std::string name_;
  const std::string_view asked_by_;
  mutable Guarded<std::unique_ptr<SSL_SESSION, FreeSession>> session_;
};

}  // namespace sessiond
