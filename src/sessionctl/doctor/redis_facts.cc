#include "sessionctl/doctor/redis_facts.h"

#include <sstream>

#include "base/parse.h"
#include "redis/redis_address.h"

namespace sessiond::ctl {
namespace {

using Type = RedisReply::Type;

std::map<std::string, std::string> linesOf(const std::string& text) {
  std::map<std::string, std::string> lines;
  std::istringstream all(text);
  for (std::string line; std::getline(all, line);) {
    if (line.ends_with('\r')) line.pop_back();
    const std::size_t colon = line.find(':');
    if (colon != std::string::npos) lines[line.substr(0, colon)] = line.substr(colon + 1);
  }
  return lines;
}

/// TIME's reply: seconds and microseconds.
std::optional<milliseconds> momentOf(const RedisReply& time) {
  if (time.type != Type::kArray || time.elements.size() != 2) return std::nullopt;
  const auto seconds = parseInteger<std::int64_t>(time.elements[0].text);
  const auto rest = parseInteger<std::int64_t>(time.elements[1].text);
  if (!seconds || !rest) return std::nullopt;
  return milliseconds(*seconds * 1000 + *rest / 1000);
}

/// CONFIG GET's reply: the name and the value.
std::optional<std::string> settingIn(const RedisReply& reply) {
  if (reply.type != Type::kArray || reply.elements.size() != 2) return std::nullopt;
  return reply.elements[1].text;
}

std::optional<RedisFacts> askOne(RedisClient& client, const Clock& clock) {
  auto connection = client.dial();
  if (!connection) return std::nullopt;
  RedisCommands commands;
  commands.add({"TIME"});
  commands.add({"INFO"});
  commands.add({"CONFIG", "GET", "save"});
  commands.add({"CONFIG", "GET", "aclfile"});
  RedisReplies replies;
  const WallTime before = clock.wallNow();
  if (!(*connection)->exchange(commands, replies, clock.steadyNow(), client.newDeadline())) return std::nullopt;
  const WallTime after = clock.wallNow();
  RedisFacts facts{.server = client.node().server(), .info = {}, .saves = {}, .acl_file = {}, .ahead = {}};
  if (const auto moment = momentOf(replies[0])) {
    const auto ours = std::chrono::duration_cast<milliseconds>(before.time_since_epoch() + (after - before) / 2);
    facts.ahead = *moment - ours;
  }
  if (replies[1].type == Type::kString) facts.info = linesOf(replies[1].text);
  facts.saves = settingIn(replies[2]);
  facts.acl_file = settingIn(replies[3]);
  return facts;
}

}  // namespace

std::string RedisFacts::value(const std::string& name) const {
  const auto found = info.find(name);
  return found == info.end() ? "" : found->second;
}

std::optional<std::int64_t> RedisFacts::number(const std::string& name) const {
  return parseInteger<std::int64_t>(value(name));
}

std::string userInRedis(const RedisSettings& settings) {
  return settings.user.empty() ? "default" : settings.user;
}

bool usesTls(const RedisSettings& settings) {
  if (settings.sentinel.used()) return settings.sentinel.tls;
  if (settings.cluster.used()) return settings.cluster.tls;
  const auto address = parseRedisUrl(settings.url);
  return address && address->tls;
}

std::uint32_t databaseOf(const RedisSettings& settings) {
  if (settings.sentinel.used()) return settings.sentinel.database;
  const auto address = parseRedisUrl(settings.url);
  return address ? address->database : 0;
}

std::string namedServer(const RedisSettings& settings) {
  if (settings.sentinel.used()) return "";
  if (settings.cluster.used()) return settings.cluster.nodes.front();
  const auto address = parseRedisUrl(settings.url);
  return address ? address->name() : "";
}

bool asksForPassword(const RedisSettings& settings, const std::string& server, const Clock& clock,
                     MetricsRegistry& metrics) {
  if (server.empty()) return false;
  RedisSettings nobodys;
  nobodys.url = (server.starts_with('/') ? "unix://" : usesTls(settings) ? "rediss://" : "redis://") + server;
  nobodys.tls = settings.tls;
  nobodys.connect_timeout = settings.connect_timeout;
  nobodys.command_timeout = settings.command_timeout;
  nobodys.allow_replica = true;
  const auto connection = RedisClient(nobodys, clock, metrics).dial();
  return !connection && connection.error().text.starts_with("NOAUTH");
}

std::vector<RedisFacts> askOfRedis(RedisAccess& redis, const Clock& clock) {
  std::vector<RedisFacts> all;
  for (RedisClient* const server : redis.servers()) {
    if (auto facts = askOne(*server, clock)) all.push_back(*std::move(facts));
  }
  return all;
}

}  // namespace sessiond::ctl
