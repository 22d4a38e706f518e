#include "sessionctl/doctor/redis_cli.h"

#include <filesystem>

#include "config/secret_file.h"
#include "os/host_port.h"
#include "redis/redis_address.h"
#include "sessionctl/doctor/shell_word.h"

namespace sessiond::ctl {
namespace {

std::string option(std::string_view name, const std::string& value) {
  return value.empty() ? "" : " " + std::string(name) + " " + quoted(value);
}

std::string tlsOptions(const TlsSettings& tls) {
  return " --tls" + option("--cacert", tls.ca_file) + option("--cert", tls.cert_file) + option("--key", tls.key_file) +
         option("--sni", tls.server_name) + (tls.verify ? "" : " --insecure");
}

std::string addressOptions(const std::string& server) {
  const auto place = parseHostPort(server);
  if (!place) return option("-s", server);
  return option("-h", place->host) + (place->port ? " -p " + std::to_string(*place->port) : "");
}

/// Such as is read from the file, when the command is typed.
std::string passwordFrom(const Installation& installation, const std::string& name) {
  std::error_code ignored;
  const auto folder = std::filesystem::absolute(installation.options.config_file, ignored).parent_path();
  const FileLocations locations{.config_folder = folder.string(), .credentials_directory = {}};
  const auto file = fileToOpen(settledName(name, locations), locations);
  return file ? "REDISCLI_AUTH=\"$(cat " + quoted(*file) + ")\" " : "";
}

}  // namespace

/// Without what sessiond says who it is.
std::string RedisCli::bare(const std::string& server) const {
  const RedisSettings& redis = installation_.config().redis;
  return "redis-cli" + addressOptions(server) + (usesTls(redis) ? tlsOptions(redis.tls) : "") +
         (installation_.redis_asks_for_password ? " --askpass" : "");
}

std::string RedisCli::program(const std::string& server) const {
  const RedisSettings& redis = installation_.config().redis;
  if (userInRedis(redis) != "default" || redis.password_file.empty()) return bare(server);
  return passwordFrom(installation_, redis.password_file) + "redis-cli" + addressOptions(server) +
         (usesTls(redis) ? tlsOptions(redis.tls) : "");
}

std::string RedisCli::at(const RedisFacts& server, std::string_view command) const {
  return program(server.server) + " " + std::string(command);
}

std::string RedisCli::atFirst(std::string_view command) const {
  if (!installation_.redis.empty()) return at(installation_.redis.front(), command);
  const RedisSettings& redis = installation_.config().redis;
  if (redis.sentinel.used()) return atSentinel(redis.sentinel.nodes.front(), "SENTINEL MASTERS");
  return program(namedServer(redis)) + " " + std::string(command);
}

std::string RedisCli::lookAtUser() const {
  return bare(installation_.redis_server) + " ACL GETUSER " + quoted(userInRedis(installation_.config().redis));
}

std::string RedisCli::atSentinel(const std::string& node, std::string_view command) const {
  const SentinelSettings& sentinel = installation_.config().redis.sentinel;
  const std::string password =
      sentinel.password_file.empty() ? "" : passwordFrom(installation_, sentinel.password_file);
  return password + "redis-cli" + addressOptions(node) +
         (sentinel.tls ? tlsOptions(installation_.config().redis.tls) : "") +
         (password.empty() ? "" : option("--user", sentinel.user)) + " " + std::string(command);
}

std::string RedisCli::atSentinelAsDefault(const std::string& node) const {
  RedisSite& site = *installation_.site;
  const RedisSettings& redis = site.config.redis;
  const bool asks = asksForPassword(redis, node, site.clock, site.metrics);
  return "redis-cli" + addressOptions(node) + (redis.sentinel.tls ? tlsOptions(redis.tls) : "") +
         (asks ? " --askpass " : " ");
}

/// A server that was started without a configuration file has no place to keep it.
std::string RedisCli::kept(const RedisFacts& server, const std::string& done, const std::string& keep) const {
  const bool has_file = server.info.empty() || !server.value("config_file").empty();
  if (has_file) return done + " && " + at(server, keep);
  return done + "  # until its next start; for good, the same in the options that it is started with";
}

std::string RedisCli::configure(const RedisFacts& server, const std::string& setting) const {
  return kept(server, at(server, "CONFIG SET " + setting), "CONFIG REWRITE");
}

std::string RedisCli::allow(const std::string& rules) const {
  std::string all;
  for (const RedisFacts& server : installation_.redis) {
    const std::string done = at(server, "ACL SETUSER " + quoted(userInRedis(installation_.config().redis)) + rules);
    if (!all.empty()) all += " && ";
    if (!server.acl_file) {
      // Which of the two keeps its users cannot be told; the other one refuses.
      all += done + " && { " + at(server, "ACL SAVE") + "; " + at(server, "CONFIG REWRITE") + "; }";
    } else if (!server.acl_file->empty()) {
      all += done + " && " + at(server, "ACL SAVE");
    } else {
      all += kept(server, done, "CONFIG REWRITE");
    }
  }
  return all;
}

}  // namespace sessiond::ctl
