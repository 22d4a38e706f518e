#include "sessionctl/doctor/redis_facts.h"

#include <sstream>

#include "base/parse.h"

namespace sessiond::ctl {
namespace {

using std::chrono::milliseconds;
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

std::optional<RedisFacts> askOne(RedisClient& client, const Clock& clock) {
  auto connection = client.dial();
  if (!connection) return std::nullopt;
  RedisCommands commands;
  commands.add({"TIME"});
  commands.add({"INFO"});
  commands.add({"CONFIG", "GET", "save"});
  RedisReplies replies;
  const WallTime before = clock.wallNow();
  if (!(*connection)->exchange(commands, replies, clock.steadyNow(), client.newDeadline())) return std::nullopt;
  const WallTime after = clock.wallNow();
  RedisFacts facts{.server = client.node().server(), .info = {}, .saves = {}, .ahead = {}};
  if (const auto moment = momentOf(replies[0])) {
    const auto ours = std::chrono::duration_cast<milliseconds>(before.time_since_epoch() + (after - before) / 2);
    facts.ahead = *moment - ours;
  }
  if (replies[1].type == Type::kString) facts.info = linesOf(replies[1].text);
  if (replies[2].type == Type::kArray && replies[2].elements.size() == 2) facts.saves = replies[2].elements[1].text;
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

std::vector<RedisFacts> askOfRedis(RedisAccess& redis, const Clock& clock) {
  std::vector<RedisFacts> all;
  for (RedisClient* const server : redis.servers()) {
    if (auto facts = askOne(*server, clock)) all.push_back(*std::move(facts));
  }
  return all;
}

}  // namespace sessiond::ctl
