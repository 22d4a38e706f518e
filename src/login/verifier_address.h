// Where an HTTP verifier is asked: an address to which a password may be sent.
//
//   https://accounts.example.org/verify        anywhere, since TLS says who that is
//   http://127.0.0.1:3000/verify               this machine: 127.x.x.x, [::1] or localhost
//   http://unix:/run/app/verify.sock:/verify   a unix socket, as nginx writes it

#pragma once

#include <string>
#include <string_view>

#include "base/expected.h"

namespace sessiond {

/// A plain value.
struct VerifierAddress {
  std::string url;     ///< as an HTTP client takes it
  std::string socket;  ///< the unix socket's path; empty: there is none
};

/// The error is a complaint, to be read behind an option's name.
Expected<VerifierAddress, std::string> parseVerifierAddress(std::string_view text);

}  // namespace sessiond
