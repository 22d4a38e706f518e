// A tag of a user's stored password hash: it changes when the hash does, and tells nothing about it. A session keeps
// it, so that it ends when the user is removed or given another password.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sessiond {

/// Never 0.
std::uint64_t passwordTag(std::string_view login, std::string_view password_hash);

// As a session keeps it, with who keeps the user (session/session_record.h reads it).
std::string htpasswdAuth(std::uint64_t tag);  ///< `htpasswd:<16 hexadecimal digits>`
std::string redisAuth(std::uint64_t tag);     ///< `redis:<16 hexadecimal digits>`

}  // namespace sessiond
