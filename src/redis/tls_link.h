// TlsLink: TLS upon a socket.

#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>

#include "redis/link.h"
#include "redis/tls_failure.h"
#include "redis/tls_peer.h"

namespace sessiond {

/// Not thread-safe. `peer` outlives it.
class TlsLink final : public Link {
 public:
  TlsLink(UniqueFd socket, TlsPeer& peer);
  ~TlsLink() override;

  State handshake() override;
  Progress read(std::span<char> into, Patience patience) override;
  Progress write(std::string_view bytes) override;
  bool holdsMore() const override;

 private:
  friend struct TlsCallbacks;

  /// After an operation of OpenSSL that gave `result`, not 1.
  Progress progressAfter(int result);
  Progress closed(const std::string& words);

  struct FreeSsl {
    void operator()(SSL* ssl) const;
  };
  /// What the BIO under the SSL has to do with the socket.
  struct Socket {
    int fd = -1;
    bool may_wait = false;  ///< in the next recv()
    bool timed_out = false;
    int error = 0;  ///< errno of the last failure
  };

  TlsPeer& peer_;
  Socket under_;
  TlsCircumstances known_;
  State end_ = State::kDone;                 ///< kClosed or kRefused: it has failed
  const std::unique_ptr<SSL, FreeSsl> ssl_;  // last: it uses the above
};

}  // namespace sessiond
