#include "config/foreign_names.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "base/ascii.h"
#include "base/parse.h"
#include "config/name_suggestion.h"
#include "config/units.h"

namespace sessiond {
namespace {

struct ForeignName {
  std::string_view names;  ///< `section.name` without case, _ and -, each between spaces
  std::string_view advice;
};

constexpr ForeignName kForeignNames[] = {
    {" redis.host redis.hostname redis.port redis.server redis.address redis.db redis.database redis.dbindex ",
     "host, port and database stand in redis.url: redis://host:6379/0"},
    {" redis.socket redis.path redis.unixsocket redis.socketpath redis.sock ",
     "a unix socket stands in redis.url: unix:///run/redis/redis-server.sock"},
    {" redis.password redis.pass redis.auth redis.requirepass password ",
     "the password stands in a file of its own, named in redis.password_file"},
    {" redis.username redis.aclusername ", "it is redis.user"},
    {" redis.ssl redis.usetls redis.usessl ", "TLS is asked for by redis.url: rediss://host:6379/0"},
    {" redis.cafile redis.cacert redis.cacertfile redis.tls.ca redis.tls.cacert redis.tls.cacertfile "
     "redis.tlscacertfile "
     "redis.tls.cacerts ",
     "it is redis.tls.ca_file"},
    {" redis.certfile redis.cert redis.tls.cert redis.tls.certificate redis.tlscertfile ", "it is redis.tls.cert_file"},
    {" redis.keyfile redis.tls.key redis.tls.privatekey redis.tlskeyfile ", "it is redis.tls.key_file"},
    {" redis.sni redis.servername redis.tls.sni redis.tls.host redis.tls.hostname ", "it is redis.tls.server_name"},
    {" redis.tls.rejectunauthorized redis.tls.insecure redis.tls.skipverify redis.tls.insecureskipverify ",
     "it is redis.tls.verify"},
    {" redis.tls.enabled redis.tls.enable ", "TLS is asked for by redis.url: rediss://host:6379/0"},
    {" redis.sentinels redis.mastername redis.sentinelpassword redis.sentinelusername redis.sentinelpasswordfile ",
     "sentinels stand in redis.sentinel: master, nodes, user, password_file"},
    {" redis.sentinel.name redis.sentinel.mastername ", "it is redis.sentinel.master"},
    {" redis.sentinel.password redis.sentinel.auth redis.sentinel.pass ",
     "the password stands in a file of its own, named in redis.sentinel.password_file"},
    {" redis.sentinel.sentinels redis.sentinel.hosts redis.sentinel.addresses ",
     "it is redis.sentinel.nodes, a list of host:port"},
    {" redis.cluster.hosts redis.cluster.addresses redis.cluster.servers redis.cluster.startupnodes "
     "redis.cluster.rootnodes redis.nodes redis.startupnodes ",
     "it is redis.cluster.nodes, a list of host:port"},
    {" redis.cluster.database redis.cluster.db ", "a Redis Cluster has database 0 only; leave the line out"},
    {" redis.cluster.password redis.cluster.passwordfile redis.cluster.user redis.cluster.username ",
     "user and password stand in redis.user and redis.password_file, as for one server"},
    {" redis.prefix redis.keyprefix session.prefix prefix keyprefix ", "it is session.key_prefix"},
    {" session.secret session.secrets session.keys session.key secret secrets sessionsecret cookie.secret "
     "cookie.secrets cookie.keys ",
     "secrets stand in files of their own, named in session.secret_files"},
    {" session.secretfile ", "it is session.secret_files, a list"},
    {" session.ttl session.timeout session.lifetime session.expires session.expiry session.expiration "
     "session.duration ttl ",
     "how long an unused session lives is session.idle_timeout; any session: session.absolute_timeout"},
    {" session.name session.cookie session.cookiename ", "it is cookie.name"},
    {" session.rolling ", "it is cookie.rolling"},
    {" session.store store storage ", "sessions are in Redis: redis.url"},
    {" session.resave session.saveuninitialized session.unset ",
     "that is your application's; sessiond writes only what it changes"},
    {" cookie.ttl cookie.expires cookie.lifetime cookie.expiry ", "it is cookie.max_age"},
    {" log.path log.output log.destination log.target ", "it is log.file; empty: standard error"},
    {" log.verbosity log.loglevel loglevel ", "it is log.level"},
    {" logging logger logs ", "it is log"},
    {" listen.host listen.port listen.address listen.path listen.bind ", "it is listen.socket: a path, or host:port"},
    {" listen.user listen.owner ", "the socket's owner is who starts sessiond; listen.group lets nginx in"},
    {" server daemon bind ", "it is listen"},
    {" users auth authentication htpasswd ", "who may log in is said by login.authenticators"},
    {" authorization rules access ", "who may pass is said by policies"},
    {" headers ", "it is identity"},
};

struct ForeignWord {
  std::string_view theirs;
  std::string_view ours;
};

constexpr ForeignWord kForeignWords[] = {
    {"warning", "warn"},  {"err", "error"},        {"critical", "error"},  {"fatal", "error"}, {"trace", "debug"},
    {"verbose", "debug"}, {"notice", "info"},      {"none", "off"},        {"silent", "off"},  {"true", "always"},
    {"yes", "always"},    {"on", "always"},        {"false", "never"},     {"no", "never"},    {"off", "never"},
    {"plain", "text"},    {"required", "session"}, {"require", "session"},
};

struct ForeignUnit {
  std::string_view names;  ///< in lower case, each between spaces
  std::uint64_t factor;    ///< in milliseconds, or bytes
};

constexpr ForeignUnit kForeignDurations[] = {
    {" msec msecs millisecond milliseconds ", 1},
    {" sec secs second seconds ", 1000},
    {" min mins minute minutes ", 60 * 1000},
    {" hr hrs hour hours ", 3600 * 1000},
    {" day days ", std::uint64_t{86400} * 1000},
    {" w week weeks ", std::uint64_t{7} * 86400 * 1000},
    {" y year years ", std::uint64_t{365} * 86400 * 1000},
    {" ms ", 1},
    {" s ", 1000},
    {" m ", 60 * 1000},
    {" h ", 3600 * 1000},
    {" d ", std::uint64_t{86400} * 1000},
};

constexpr ForeignUnit kForeignSizes[] = {
    {" b byte bytes ", 1},
    {" k kb kib ", 1024},
    {" m mb mib ", 1024 * 1024},
    {" g gb gib ", std::uint64_t{1024} * 1024 * 1024},
};

bool isAmong(std::string_view names, const std::string& name) {
  return names.find(" " + name + " ") != std::string_view::npos;
}

/// The amount in units of the smallest; nullopt when it is not a number with one of these.
std::optional<std::uint64_t> amountOf(std::string_view text, std::span<const ForeignUnit> units) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 40;
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::optional<std::uint64_t> number = parseInteger<std::uint64_t>(text.substr(0, digits));
  std::string_view unit = text.substr(digits);
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  if (!number || unit.empty()) return std::nullopt;
  const std::string wanted = lowerCase(unit);
  for (const ForeignUnit& known : units) {
    if (!isAmong(known.names, wanted) || *number > kMost / known.factor) continue;
    return *number * known.factor;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> adviceAboutForeignName(std::string_view section, std::string_view name) {
  const std::string path = section.empty() ? essence(name) : essence(section) + "." + essence(name);
  for (const ForeignName& foreign : kForeignNames) {
    if (isAmong(foreign.names, path)) return std::string(foreign.advice);
  }
  return std::nullopt;
}

std::optional<std::string_view> ourWordFor(std::string_view word, std::span<const std::string_view> words) {
  const std::string lower = lowerCase(word);
  for (const std::string_view ours : words) {
    if (lower == ours) return ours;
  }
  for (const ForeignWord& foreign : kForeignWords) {
    if (lower != foreign.theirs) continue;
    const auto found = std::find(words.begin(), words.end(), foreign.ours);
    if (found != words.end()) return *found;
  }
  return std::nullopt;
}

std::optional<std::string> ourDurationFor(std::string_view text) {
  const std::optional<std::uint64_t> amount = amountOf(text, kForeignDurations);
  if (!amount) return std::nullopt;
  return formatDuration(std::chrono::milliseconds(static_cast<std::int64_t>(*amount)));
}

std::optional<std::string> ourSizeFor(std::string_view text) {
  const std::optional<std::uint64_t> amount = amountOf(text, kForeignSizes);
  if (!amount) return std::nullopt;
  return formatSize(*amount);
}

std::optional<std::string> redisUrlFor(std::string_view text) {
  if (text.starts_with('/')) return "unix://" + std::string(text);
  if (text.empty() || text.find("://") != std::string_view::npos) return std::nullopt;
  if (text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.:-[]") !=
      std::string_view::npos) {
    return std::nullopt;
  }
  return "redis://" + std::string(text) + "/0";
}

}  // namespace sessiond
