#include "redis/tls_peer.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <utility>

#include "base/check.h"
#include "redis/tls_link.h"

namespace sessiond {

TlsPeer::TlsPeer(std::shared_ptr<const TlsContext> context, std::string name, std::string_view asked_by)
    : context_(std::move(context)), name_(std::move(name)), asked_by_(asked_by) {
  SESSIOND_CHECK(context_ != nullptr);
}

TlsPeer::~TlsPeer() = default;

void TlsPeer::FreeSession::operator()(SSL_SESSION* session) const {
  SSL_SESSION_free(session);
}

std::unique_ptr<Link> TlsPeer::link(UniqueFd socket) {
  return std::make_unique<TlsLink>(std::move(socket), *this);
}

SSL* TlsPeer::makeSsl() const {
  SSL* const ssl = SSL_new(context_->get());
  SESSIOND_CHECK(ssl != nullptr);
  X509_VERIFY_PARAM* const expected = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (X509_VERIFY_PARAM_set1_ip_asc(expected, name_.c_str()) != 1) {
    SESSIOND_CHECK(SSL_set1_host(ssl, name_.c_str()) == 1);
    SSL_set_tlsext_host_name(ssl, name_.c_str());
  }
  SSL_set_connect_state(ssl);
  if (auto session = session_.lock(); *session) SSL_set_session(ssl, session->get());
  return ssl;
}

void TlsPeer::keepSession(SSL_SESSION* session) {
  std::unique_ptr<SSL_SESSION, FreeSession> mine(session);
  std::swap(*session_.lock(), mine);
}

}  // namespace sessiond
