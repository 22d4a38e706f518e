// Why there is no TLS with a server, in words that say what to do about it.

#pragma once

#include <openssl/types.h>

#include <string>

#include "redis/tls_peer.h"

namespace sessiond {

/// What was seen before it failed.
struct TlsCircumstances {
  bool established = false;         ///< the handshake is done
  std::string complaint;            ///< about the server's certificate, which has to be good; empty: none
  bool certificate_missed = false;  ///< the server asked for one, and we have none
  bool heard = false;               ///< the server has said something since the handshake
};

/// What OpenSSL (X509_V_ERR_*) has against the server's certificate, or against one that vouches for it.
std::string describeCertificateProblem(int error, const X509& certificate, const TlsPeer& peer);

/// `error` of OpenSSL's queue.
std::string describeTlsError(unsigned long error, const TlsCircumstances& known, const TlsPeer& peer);

/// `words`: how the connection ended.
std::string describeTlsEnd(const std::string& words, const TlsCircumstances& known, const TlsPeer& peer);

}  // namespace sessiond
