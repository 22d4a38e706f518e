#include "redis/tls_link.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "base/check.h"
#include "base/errno_text.h"

namespace sessiond {

/// What OpenSSL calls.
struct TlsCallbacks {
  static TlsLink& linkOf(const SSL* ssl) { return *static_cast<TlsLink*>(SSL_get_app_data(ssl)); }

  /// A BIO of OpenSSL's own would raise SIGPIPE.
  static BIO_METHOD* socketMethod() {
    static BIO_METHOD* const method = [] {
      BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sessiond socket");
      SESSIOND_CHECK(made != nullptr);
      BIO_meth_set_read(made, receive);
      BIO_meth_set_write(made, send);
      BIO_meth_set_ctrl(made, control);
      return made;
    }();
    return method;
  }

  static int receive(BIO* bio, char* into, int size) {
    auto* const socket = static_cast<TlsLink::Socket*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const bool waits = std::exchange(socket->may_wait, false);
    const ssize_t got = recv(socket->fd, into, static_cast<std::size_t>(size), waits ? 0 : MSG_DONTWAIT);
    if (got >= 0) return static_cast<int>(got);
    if (errno != EAGAIN && errno != EINTR) {
      socket->error = errno;
      return -1;
    }
    socket->timed_out = waits && errno == EAGAIN;
    BIO_set_retry_read(bio);
    return -1;
  }

  static int send(BIO* bio, const char* bytes, int size) {
    auto* const socket = static_cast<TlsLink::Socket*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const ssize_t sent = ::send(socket->fd, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return static_cast<int>(sent);
    if (errno == EAGAIN || errno == EINTR) {
      BIO_set_retry_write(bio);
    } else {
      socket->error = errno;
    }
    return -1;
  }

  static long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  /// OpenSSL is C: nothing may be thrown through it.
  static int onVerified(int good, X509_STORE_CTX* store) noexcept {
    const auto* const ssl =
        static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    TlsLink& link = linkOf(ssl);
    const X509* const certificate = X509_STORE_CTX_get_current_cert(store);
    if (good == 0 && certificate != nullptr && SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE) {
      try {
        link.known_.complaint = describeCertificateProblem(X509_STORE_CTX_get_error(store), *certificate, link.peer_);
      } catch (const std::bad_alloc&) {
        link.known_.complaint.clear();
      }
    }
    return good;
  }

  static int onCertificateAsked(SSL* /*ssl*/, void* link) {
    TlsLink& asked = *static_cast<TlsLink*>(link);
    asked.known_.certificate_missed = !asked.peer_.context().hasCertificate();
    return 1;
  }
};

void TlsLink::FreeSsl::operator()(SSL* ssl) const {
  SSL_free(ssl);
  ERR_clear_error();
}

TlsLink::TlsLink(UniqueFd socket, TlsPeer& peer) : Link(std::move(socket)), peer_(peer), ssl_(peer.makeSsl()) {
  under_.fd = fd();
  BIO* const bio = BIO_new(TlsCallbacks::socketMethod());
  SESSIOND_CHECK(bio != nullptr);
  BIO_set_data(bio, &under_);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_app_data(ssl_.get(), this);
  SSL_set_verify(ssl_.get(), SSL_get_verify_mode(ssl_.get()), TlsCallbacks::onVerified);
  SSL_set_cert_cb(ssl_.get(), TlsCallbacks::onCertificateAsked, this);
}

/// Says goodbye if that can be done; a session whose end was not regular would not be taken up again.
TlsLink::~TlsLink() {
  if (end_ == State::kDone && known_.established) SSL_shutdown(ssl_.get());
  if (end_ == State::kClosed) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

Link::State TlsLink::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result != 1) return progressAfter(result).state;
  known_.established = true;
  return State::kDone;
}

Link::Progress TlsLink::read(std::span<char> into, Patience patience) {
  ERR_clear_error();
  under_.may_wait = patience == Patience::kSocket;
  under_.timed_out = false;
  std::size_t got = 0;
  const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &got);
  under_.may_wait = false;
  if (result != 1) return progressAfter(result);
  // What a server hands out for the next handshake comes before the first that it says.
  if (!std::exchange(known_.heard, true)) peer_.keepSession(SSL_get1_session(ssl_.get()));
  return {State::kDone, got};
}

Link::Progress TlsLink::write(std::string_view bytes) {
  ERR_clear_error();
  std::size_t written = 0;
  while (written < bytes.size()) {
    const std::string_view rest = bytes.substr(written);
    std::size_t taken = 0;
    const int result = SSL_write_ex(ssl_.get(), rest.data(), rest.size(), &taken);
    if (result != 1) {
      const Progress progress = progressAfter(result);
      const bool is_failure = progress.state == State::kClosed || progress.state == State::kRefused;
      if (written == 0 || is_failure) return progress;
      break;
    }
    written += taken;
  }
  return {State::kDone, written};
}

bool TlsLink::holdsMore() const {
  return SSL_has_pending(ssl_.get()) != 0;
}

Link::Progress TlsLink::progressAfter(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {under_.timed_out ? State::kTimeout : State::kWantsRead};
    case SSL_ERROR_WANT_WRITE:
      return {State::kWantsWrite};
    case SSL_ERROR_ZERO_RETURN:
      return closed("the server closed the connection");
    case SSL_ERROR_SYSCALL:
      return closed(under_.error == 0 ? "the server closed the connection" : errnoText(under_.error));
    default:
      break;
  }
  const unsigned long error = ERR_peek_error();
  ERR_clear_error();
  if (error == 0 || ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    return closed("the server closed the connection");
  }
  end_ = State::kRefused;
  peer_.keepSession(nullptr);
  return fail(State::kRefused, describeTlsError(error, known_, peer_));
}

Link::Progress TlsLink::closed(const std::string& words) {
  if (!known_.established) peer_.keepSession(nullptr);  // perhaps the server cannot go on where it was
  const bool is_refusal = known_.certificate_missed && !known_.heard;
  end_ = is_refusal ? State::kRefused : State::kClosed;
  return fail(end_, describeTlsEnd(words, known_, peer_));
}

}  // namespace sessiond
