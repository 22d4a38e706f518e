#include "redis/redis_address.h"

#include <algorithm>
#include <optional>

#include "base/encoding.h"
#include "base/parse.h"
#include "base/socket_path.h"
#include "os/host_port.h"

namespace sessiond {
namespace {

using Problem = Unexpected<std::string>;

constexpr std::string_view kTcp = "redis://";
constexpr std::string_view kTls = "rediss://";
constexpr std::string_view kUnix = "unix://";

/// Nothing when the text is not a database's number.
std::optional<std::uint32_t> parseDatabase(std::string_view text) {
  const std::optional<std::uint16_t> number = parseInteger<std::uint16_t>(text);
  if (!number) return std::nullopt;
  return *number;
}

Problem badDatabase(std::string_view text) {
  return Problem("has the database " + escapeForLog(text, 32) + "; it must be a number from 0 to 65535");
}

bool hasControlBytes(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char byte) { return (byte >= 0 && byte < ' ') || byte == 0x7f; });
}

Expected<RedisAddress, std::string> parseUnix(std::string_view rest) {
  const std::size_t query = rest.find('?');
  RedisAddress address;
  address.socket_path = rest.substr(0, query);
  if (!address.socket_path.starts_with('/') || hasControlBytes(address.socket_path)) {
    return Problem("must name an absolute path after unix://, as in unix:///run/redis/redis.sock");
  }
  if (address.socket_path.size() > kLongestSocketPath) {
    return Problem("has a socket path of " + std::to_string(address.socket_path.size()) + " bytes; it may have " +
                   std::to_string(kLongestSocketPath));
  }
  if (query == std::string_view::npos) return address;
  const std::string_view option = rest.substr(query + 1);
  if (!option.starts_with("db=")) return Problem("may have only ?db=N after the path");
  const std::optional<std::uint32_t> database = parseDatabase(option.substr(3));
  if (!database) return badDatabase(option.substr(3));
  address.database = *database;
  return address;
}

Expected<std::string, std::string> parseUser(std::string_view userinfo) {
  if (userinfo.find(':') != std::string_view::npos) {
    return Problem("must not hold a password; write it into a file of its own and name that in password_file");
  }
  std::optional<std::string> user = percentDecode(userinfo);
  const bool is_raw = userinfo.find_first_of("@/") != std::string_view::npos;
  if (!user || is_raw || user->empty() || hasControlBytes(*user) || user->find(' ') != std::string::npos) {
    return Problem("has no valid user name before the @");
  }
  return *std::move(user);
}

Expected<RedisAddress, std::string> parseTcp(std::string_view rest, bool tls) {
  RedisAddress address;
  address.tls = tls;
  const std::size_t at = rest.rfind('@');
  if (at != std::string_view::npos) {
    Expected<std::string, std::string> user = parseUser(rest.substr(0, at));
    if (!user) return Problem(user.error());
    address.user = *std::move(user);
    rest.remove_prefix(at + 1);
  }
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  if (slash == 0) return Problem("has no host; write redis://host:port/database");
  std::optional<HostPort> server = parseHostPort(rest.substr(0, slash));
  if (!server) return Problem("must name its server as host:port, with a port from 1 to 65535");
  address.host = std::move(server->host);
  if (server->port) address.port = *server->port;
  const std::string_view database_text = rest.substr(std::min(slash + 1, rest.size()));
  if (database_text.empty()) return address;
  const std::optional<std::uint32_t> database = parseDatabase(database_text);
  if (!database) return badDatabase(database_text);
  address.database = *database;
  return address;
}

}  // namespace

std::string RedisAddress::name() const {
  if (!socket_path.empty()) return socket_path;
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Expected<RedisAddress, std::string> parseRedisUrl(std::string_view url) {
  if (url.starts_with(kTcp)) return parseTcp(url.substr(kTcp.size()), false);
  if (url.starts_with(kUnix)) return parseUnix(url.substr(kUnix.size()));
  if (url.starts_with(kTls)) return parseTcp(url.substr(kTls.size()), true);
  return Problem("must begin with redis://, rediss:// or unix://");
}

std::string redisUrlOf(std::string_view name, bool tls) {
  return std::string(tls ? kTls : kTcp).append(name);
}

}  // namespace sessiond
