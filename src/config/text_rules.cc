#include "config/text_rules.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/ascii.h"
#include "base/encoding.h"
#include "base/socket_path.h"
#include "config/config_report.h"
#include "config/foreign_names.h"
#include "http/safe_redirect.h"
#include "http/set_cookie.h"
#include "http/token.h"
#include "json/json_pointer.h"
#include "login/password_hash.h"
#include "os/host_port.h"
#include "redis/cluster_view.h"
#include "redis/redis_address.h"
#include "redis/sentinel_view.h"
#include "session/reserved_names.h"

namespace sessiond {
namespace {

constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";

bool isLetter(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

bool isDigit(char byte) {
  return byte >= '0' && byte <= '9';
}

bool isVisible(char byte) {
  return byte > ' ' && byte <= '~';
}

template <typename Test>
bool all(std::string_view text, Test test) {
  return std::all_of(text.begin(), text.end(), test);
}

bool has(std::string_view text, std::string_view any_of) {
  return text.find_first_of(any_of) != std::string_view::npos;
}

Complaint mustBe(const std::string& what, std::string_view text) {
  return "must be " + what + " but is " + shown(text);
}

Complaint aboutLength(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::nullopt;
  return "must be at most " + std::to_string(most) + " bytes long but has " + std::to_string(text.size());
}

/// Is a byte encoded that may stand for itself in a path (RFC 3986 §2.3), or a slash? A broken %XX counts as one.
bool hasNeedlessEscape(std::string_view path) {
  for (std::size_t at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 1)) {
    const std::optional<std::string> byte = percentDecode(path.substr(at, 3));
    if (!byte || isLetter(byte->front()) || isDigit(byte->front()) || has(*byte, "-._~/")) return true;
  }
  return false;
}

/// Of an address, nginx compares what is left when second slashes, dot segments and %XX have been undone.
bool isInNginxsForm(std::string_view path) {
  return path.find("//") == std::string_view::npos && !hasNeedlessEscape(path) && isSafeRedirect(path, {});
}

}  // namespace

Complaint aboutNothing(std::string_view) {
  return std::nullopt;
}

Complaint aboutListenSocket(std::string_view text) {
  if (text.starts_with('/')) return aboutLength(text, kLongestSocketPath);
  const std::optional<HostPort> address = parseHostPort(text);
  if (address && address->port) return std::nullopt;
  return mustBe("an absolute path, or host:port with a port from 1 to 65535,", text);
}

Complaint aboutGroup(std::string_view text) {
  const bool is_name = text.size() <= 32 && text.find_first_of("-.") != 0 &&
                       all(text, [](char b) { return isLetter(b) || isDigit(b) || b == '_' || b == '-' || b == '.'; });
  return is_name ? std::nullopt : mustBe("the name of a group", text);
}

Complaint aboutRedisUrl(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const Expected<RedisAddress, std::string> address = parseRedisUrl(text);
  if (!address) {
    const std::optional<std::string> meant = redisUrlFor(text);
    return address.error() + (meant ? "; did you mean " + *meant + "?" : "");
  }
  if (const Complaint complaint = aboutRedisUser(address->user)) return "its user " + *complaint;
  return std::nullopt;
}

Complaint aboutRedisUser(std::string_view text) {
  if (!all(text, isVisible)) return mustBe("printable ASCII without spaces", text);
  return aboutLength(text, 256);
}

Complaint aboutServerName(std::string_view text) {
  constexpr std::size_t kLongestName = 253;  // RFC 1035 §2.3.4, as text
  const auto is_fit = [](char byte) { return isLetter(byte) || isDigit(byte) || has({&byte, 1}, "-._:"); };
  if (!all(text, is_fit)) return mustBe("a host name or an address, without port,", text);
  return aboutLength(text, kLongestName);
}

Complaint aboutSentinelMaster(std::string_view text) {
  return aboutRedisUser(text);
}

Complaint aboutSentinelNode(std::string_view text) {
  const Expected<RedisAddress, std::string> address = parseSentinelNode(text);
  if (address) return std::nullopt;
  return address.error() + " but is " + shown(text);
}

Complaint aboutClusterNode(std::string_view text) {
  const Expected<RedisAddress, std::string> address = parseClusterNode(text);
  if (address) return std::nullopt;
  return address.error() + " but is " + shown(text);
}

Complaint aboutPasswordHash(std::string_view text) {
  return text.empty() ? std::nullopt : explainUnusableHash(text);
}

Complaint aboutKeyPrefix(std::string_view text) {
  return aboutLength(text, 128);
}

Complaint aboutOwnPrefix(std::string_view text) {
  const auto is_fit = [](char byte) { return isVisible(byte) && byte != '{' && byte != '}'; };
  if (text.empty() || !all(text, is_fit)) return mustBe("printable ASCII without spaces and braces", text);
  return aboutLength(text, 64);
}

Complaint aboutAppCachePrefix(std::string_view text) {
  if (text.empty()) return "must not be empty: applications could then read and write everything in Redis";
  return aboutKeyPrefix(text);
}

Complaint aboutJsonPointer(std::string_view text) {
  if (!text.starts_with('/')) return mustBe("a JSON Pointer beginning with /, such as /user/id,", text);
  for (std::size_t at = text.find('~'); at != std::string_view::npos; at = text.find('~', at + 1)) {
    if (at + 1 < text.size() && (text[at + 1] == '0' || text[at + 1] == '1')) continue;
    return "must be a JSON Pointer, in which ~ is written ~0 and / within a name ~1, but is " + shown(text);
  }
  return aboutLength(text, 256);
}

Complaint aboutSessionPointer(std::string_view text) {
  constexpr std::size_t kDeepest = 32;  // half of what a session may have: a user stands below
  if (Complaint complaint = aboutJsonPointer(text)) return complaint;
  const std::vector<std::string> names = JsonPointer::of(text).tokens();
  if (names.size() > kDeepest) {
    return "must have at most " + std::to_string(kDeepest) + " levels but has " + std::to_string(names.size());
  }
  const bool is_kept = isReservedName(names.front()) && names.front() != "cookie" && names.front() != "_sd";
  if (is_kept || std::find(names.begin(), names.end(), "__proto__") != names.end()) {
    return "must not lead through " + std::string(is_kept ? names.front() : "__proto__") +
           ", a name that JavaScript or express-session keeps for itself: nothing can stand there";
  }
  return std::nullopt;
}

Complaint aboutUserPointer(std::string_view text) {
  if (Complaint complaint = aboutSessionPointer(text)) return complaint;
  const std::string first = JsonPointer::of(text).tokens().front();
  if (first == "cookie") return "must not lead into /cookie, which every session has, logged in or not";
  if (first == "_sd") return "must not lead into /_sd, where sessiond keeps what it needs itself";
  return std::nullopt;
}

Complaint aboutUserIdPointer(std::string_view text) {
  return text.empty() ? std::nullopt : aboutUserPointer(text);
}

Complaint aboutCookieName(std::string_view text) {
  if (!isToken(text)) return mustBe("a token of letters, digits and !#$%&'*+-.^_`|~", text);
  return aboutLength(text, 128);
}

Complaint aboutCookieDomain(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (!isCookieDomain(text)) {
    return mustBe(
        "a host name such as example.org, without scheme, port and path: between dots 1 to 63 letters, digits and "
        "dashes, with no dash at an end,",
        text);
  }
  return aboutLength(text, 253);
}

Complaint aboutCookiePath(std::string_view text) {
  const bool is_path = text.starts_with('/') && isCookiePath(text);
  if (!is_path) return mustBe("a path beginning with /, in ASCII and without ; and <,", text);
  return aboutLength(text, 512);
}

Complaint aboutIdentityHeaderName(std::string_view text) {
  constexpr std::array<std::string_view, 30> kReserved = {"x-session-status",
                                                          "x-session-login",
                                                          "set-cookie",
                                                          "status",
                                                          "content-length",
                                                          "content-type",
                                                          "location",
                                                          "www-authenticate",
                                                          "connection",
                                                          "keep-alive",
                                                          "te",
                                                          "trailer",
                                                          "upgrade",
                                                          "transfer-encoding",
                                                          "proxy-connection",
                                                          "proxy-authenticate",
                                                          "proxy-authorization",
                                                          "retry-after",
                                                          "refresh",
                                                          "cache-control",
                                                          "expires",
                                                          "last-modified",
                                                          "etag",
                                                          "vary",
                                                          "date",
                                                          "server",
                                                          "host",
                                                          "cookie",
                                                          "accept-ranges",
                                                          "content-encoding"};
  const bool is_name = !text.empty() && isLetter(text.front()) && !text.ends_with('-') &&
                       all(text, [](char byte) { return isLetter(byte) || isDigit(byte) || byte == '-'; });
  if (!is_name) {
    return "is no header name: letters, digits and dashes only, beginning with a letter and not ending in a dash";
  }
  // The snippets name every spelling with underscores in their place, which are twice as many by each dash.
  constexpr auto kMostDashes = 8;
  if (const auto dashes = std::count(text.begin(), text.end(), '-'); dashes > kMostDashes) {
    return "must have at most " + std::to_string(kMostDashes) + " dashes but has " + std::to_string(dashes);
  }
  const std::string lower = lowerCase(text);
  if (std::find(kReserved.begin(), kReserved.end(), lower) != kReserved.end() || lower.starts_with("x-accel-")) {
    return "is reserved: it has a meaning of its own between nginx and sessiond";
  }
  return aboutLength(text, 64);
}

Complaint aboutPolicyName(std::string_view text) {
  const bool is_name = !text.empty() && all(text, [](char byte) {
    return kLower.find(byte) != std::string_view::npos || isDigit(byte) || byte == '_' || byte == '-';
  });
  if (!is_name) return "is no policy name: lower-case letters, digits, _ and - only";
  // By nginx/upstream.conf. If it existed, a nested location would be checked by a policy that nobody chose for it.
  if (text == "unnamed") {
    return "is reserved: nginx asks for it, to be refused, where a location inherits a check without naming a policy";
  }
  return aboutLength(text, 64);
}

Complaint aboutLocalUrl(std::string_view text) {
  const bool is_local =
      text.starts_with('/') && !text.starts_with("//") && all(text, isVisible) && !has(text, "\\\"<>");
  if (!is_local) return mustBe("a path on this site beginning with one /, percent-encoded where needed,", text);
  return aboutLength(text, 512);
}

Complaint aboutLocalUrlOrNone(std::string_view text) {
  return text.empty() ? std::nullopt : aboutLocalUrl(text);
}

Complaint aboutLink(std::string_view text) {
  const bool elsewhere = text.starts_with("https://") || text.starts_with("http://");
  if (!elsewhere && !text.starts_with('/')) return mustBe("a path on this site or a web address (https://...)", text);
  if (!elsewhere) return aboutLocalUrl(text);
  if (!all(text, isVisible) || has(text, "\\\"<>")) return mustBe("a web address, percent-encoded where needed,", text);
  return aboutLength(text, 512);
}

Complaint aboutLinkOrNone(std::string_view text) {
  return text.empty() ? std::nullopt : aboutLink(text);
}

Complaint aboutLocalPath(std::string_view text) {
  if (has(text, "?#")) return "must not have a query or fragment but is " + shown(text);
  if (Complaint complaint = aboutLocalUrl(text)) return complaint;
  if (isInNginxsForm(text)) return std::nullopt;
  return mustBe("as nginx compares it: no //, no . or .. between slashes, and %XX only where needed,", text);
}

Complaint aboutOrigin(std::string_view text) {
  const std::size_t scheme_end = text.find("://");
  const std::string_view scheme = text.substr(0, scheme_end);
  if (scheme_end == std::string_view::npos || (scheme != "https" && scheme != "http")) {
    return mustBe("an origin such as https://app.example.org", text);
  }
  const std::string_view host_text = text.substr(scheme_end + 3);
  const std::optional<HostPort> address = parseHostPort(host_text);
  const bool is_lower = lowerCase(text) == text;
  if (!address || !is_lower || has(host_text, "_")) {
    return mustBe("an origin, lower case and without path, such as https://app.example.org,", text);
  }
  if (address->port == (scheme == "https" ? 443 : 80)) {
    return "must leave out the port that " + std::string(scheme) + " has anyway, as browsers do, but is " + shown(text);
  }
  return std::nullopt;
}

Complaint aboutControlSocket(std::string_view text) {
  if (text.empty() || (text.starts_with('/') && !text.ends_with('/'))) return std::nullopt;
  return "must be an absolute path, or empty for none, but is " + shown(text);
}

Complaint aboutLogFile(std::string_view text) {
  if (text.empty() || text.starts_with('/')) return std::nullopt;
  return mustBe("an absolute path", text);
}

}  // namespace sessiond
