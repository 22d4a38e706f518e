// What single text options must look like. Each rule gives the complaint about a value, without the option's name,
// or nothing when the value is right. Pure.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sessiond {

using Complaint = std::optional<std::string>;

Complaint aboutNothing(std::string_view text);
/// An absolute path of at most 107 bytes (sockaddr_un), or host:port.
Complaint aboutListenSocket(std::string_view text);
/// Empty, or a name as useradd(8) accepts it.
Complaint aboutGroup(std::string_view text);
/// May be empty.
Complaint aboutRedisUrl(std::string_view text);
/// Empty, or printable ASCII without spaces.
Complaint aboutRedisUser(std::string_view text);
/// Empty, or a host name or address.
Complaint aboutServerName(std::string_view text);
/// Empty, or printable ASCII without spaces.
Complaint aboutSentinelMaster(std::string_view text);
/// host:port, or the host alone.
Complaint aboutSentinelNode(std::string_view text);
Complaint aboutClusterNode(std::string_view text);
/// Empty, or one that somebody can log in with.
Complaint aboutPasswordHash(std::string_view text);
/// May be empty.
Complaint aboutKeyPrefix(std::string_view text);
/// Of sessiond's own keys. No braces: a tombstone's are those of its session (redis/redis_keys.h).
Complaint aboutOwnPrefix(std::string_view text);
/// The same, and not empty: with no prefix, what applications cache would be all that is in Redis.
Complaint aboutAppCachePrefix(std::string_view text);
/// RFC 6901, to a member: the whole document ("") is none.
Complaint aboutJsonPointer(std::string_view text);
/// A JSON Pointer to something that can stand in a session: not through a name that express-session keeps for itself.
Complaint aboutSessionPointer(std::string_view text);
/// The same, and not into `cookie` and `_sd`: where the user stands is the application's, and a login writes there.
Complaint aboutUserPointer(std::string_view text);
Complaint aboutUserIdPointer(std::string_view text);  ///< or empty
// What these three take can be sent: their rules are those of http/set_cookie.h, whose render() takes nothing else.
/// A token (RFC 9110 §5.6.2).
Complaint aboutCookieName(std::string_view text);
/// Empty, or isCookieDomain().
Complaint aboutCookieDomain(std::string_view text);
/// isCookiePath(), beginning with a slash.
Complaint aboutCookiePath(std::string_view text);
/// Letters, digits and dashes, and none that nginx or this protocol gives a meaning of its own.
Complaint aboutIdentityHeaderName(std::string_view text);
/// Lower-case letters, digits, _ and -, and not the name by which the snippets ask to be refused.
Complaint aboutPolicyName(std::string_view text);
/// Where a browser may be sent: /path, with or without query.
Complaint aboutLocalUrl(std::string_view text);
Complaint aboutLocalUrlOrNone(std::string_view text);
/// A path on this site, or a web address elsewhere.
Complaint aboutLink(std::string_view text);
Complaint aboutLinkOrNone(std::string_view text);
/// That of a page that nginx serves by its address: without query and fragment, because we append a query to it, and in
/// the one form that nginx finds.
Complaint aboutLocalPath(std::string_view text);
/// scheme://host[:port] exactly as browsers write it in `Origin` (RFC 6454 §6.2).
Complaint aboutOrigin(std::string_view text);
/// Empty, or an absolute path.
Complaint aboutControlSocket(std::string_view text);
/// Empty, or a path.
Complaint aboutLogFile(std::string_view text);

}  // namespace sessiond
