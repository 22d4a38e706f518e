#include "sessionctl/doctor/redis_remedies.h"

#include <array>
#include <string_view>
#include <utility>

#include "base/loopback.h"
#include "redis/redis_address.h"
#include "sessionctl/doctor/shell_word.h"

namespace sessiond::ctl {
namespace {

/// Options that messages name, and what belongs there.
constexpr auto kTlsOptions = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"redis.tls.ca_file", "ca_file: a file with the authority of the server's certificate"},
    {"redis.tls.cert_file", "cert_file and key_file: a certificate that the server accepts, and its key"},
    {"redis.tls.server_name", "server_name: the name that the server's certificate is for"},
});

/// The same with TLS where it is without, and without where it is with.
std::string otherScheme(const std::string& url) {
  constexpr std::string_view kPlain = "redis://";
  constexpr std::string_view kTls = "rediss://";
  const bool is_tls = url.starts_with(kTls);
  return std::string(is_tls ? kPlain : kTls) + url.substr((is_tls ? kTls : kPlain).size());
}

std::string startCommand(const RedisAddress& address) {
  const bool is_here = !address.socket_path.empty() || isLoopback(address.host);
  return is_here ? "systemctl start redis-server" : "ssh " + address.host + " systemctl start redis-server";
}

}  // namespace

std::string setting(const Installation& installation, const std::string& line) {
  const std::string& file = installation.options.config_file;
  return "in " + file + ", below redis: " + line + "; then: sessionctl -c " + file + " reload";
}

std::string connectionRemedy(const Installation& installation, const std::string& message) {
  const auto says = [&](std::string_view words) { return message.find(words) != std::string::npos; };
  const RedisSettings& redis = installation.config().redis;
  // An error where there are sentinels or a cluster: one of several servers is not the one that is to be started.
  if (const auto address = parseRedisUrl(redis.url)) {
    if (says("Connection refused") || says("No such file")) return startCommand(*address);
    if (says("cannot resolve the host")) return "getent ahosts " + quoted(address->host);
    if (says("does redis.url need") || says("redis:// is without"))
      return setting(installation, "url: " + otherScheme(redis.url));
  }
  const std::string other_tls = usesTls(redis) ? "tls: false" : "tls: true";
  if (says(TlsSettings::kBySentinel)) return setting(installation, "in sentinel, " + other_tls);
  if (says(TlsSettings::kByCluster)) return setting(installation, "in cluster, " + other_tls);
  for (const auto& [option, line] : kTlsOptions) {
    if (says(option)) return setting(installation, "in tls, " + std::string(line));
  }
  return "";
}

}  // namespace sessiond::ctl
