#include "redis/sentinel_view.h"

#include <optional>
#include <utility>

#include "base/check.h"
#include "base/encoding.h"
#include "base/parse.h"
#include "os/host_port.h"

namespace sessiond {
namespace {

using Type = RedisReply::Type;
using Problem = Unexpected<std::string>;

constexpr std::size_t kSentinelQuestions = 5;
constexpr std::uint16_t kDefaultPort = 26379;

std::optional<RedisAddress> addressOf(std::string_view host, std::string_view port) {
  const auto number = parseInteger<std::uint16_t>(port);
  if (host.empty() || !number || *number == 0) return std::nullopt;
  RedisAddress address;
  address.host = host;
  address.port = *number;
  if (!parseHostPort(address.name())) return std::nullopt;
  return address;
}

std::string shown(std::string_view host, std::string_view port) {
  return escapeForLog(std::string(host) + ":" + std::string(port));
}

void readPeers(const RedisReply& list, SentinelView& view) {
  for (const RedisReply& one : list.elements) {
    const std::string_view host = fieldOf(one, "ip");
    const std::string_view port = fieldOf(one, "port");
    auto address = addressOf(host, port);
    const std::string_view id = fieldOf(one, "runid");
    if (!address) {
      view.nowhere.push_back(shown(host, port));
    } else if (!id.empty()) {
      view.peers.push_back({.id = std::string(id), .address = *std::move(address)});
    }
  }
}

bool leadsFailover(const RedisReply& master) {
  return fieldOf(master, "flags").find("failover_in_progress") != std::string_view::npos;
}

}  // namespace

void writeSentinelQuestions(std::string_view master, RedisCommands& commands) {
  commands.add({"SENTINEL", "MYID"});
  commands.add({"SENTINEL", "MASTER", master});
  commands.add({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", master});
  commands.add({"SENTINEL", "SENTINELS", master});
  commands.add({"SENTINEL", "MASTER", master});
}

Expected<SentinelView, std::string> readSentinelView(const RedisReplies& replies) {
  SESSIOND_CHECK(replies.size() == kSentinelQuestions);
  const RedisReply& master = replies[1];
  const RedisReply& address = replies[2];
  for (const RedisReply& reply : {master, address}) {
    if (reply.type == Type::kError) return Problem(reply.text);
  }
  if (master.type != Type::kArray || address.type != Type::kArray || address.elements.size() != 2) {
    return Problem("it names no primary");
  }
  auto primary = addressOf(address.elements[0].text, address.elements[1].text);
  const auto epoch = parseInteger<std::uint64_t>(fieldOf(master, "config-epoch"));
  const auto others = parseInteger<std::uint32_t>(fieldOf(master, "num-other-sentinels"));
  if (!primary) {
    return Problem("what it names as the primary's address is none: " +
                   shown(address.elements[0].text, address.elements[1].text));
  }
  if (!epoch || !others) return Problem("what it says of the primary cannot be read");
  if (fieldOf(replies[4], "config-epoch") != fieldOf(master, "config-epoch")) {
    return Problem("it is about to name another primary");
  }
  SentinelView view;
  if (replies[0].type == Type::kString) view.id = replies[0].text;
  view.primary = *std::move(primary);
  view.config_epoch = *epoch;
  view.others = *others;
  view.leads_failover = leadsFailover(master) || leadsFailover(replies[4]);
  if (replies[3].type == Type::kArray) readPeers(replies[3], view);
  return view;
}

Expected<RedisAddress, std::string> parseSentinelNode(std::string_view text) {
  const std::optional<HostPort> parsed = parseHostPort(text);
  if (!parsed) return Problem("must be a sentinel's host:port, with a port from 1 to 65535,");
  RedisAddress address;
  address.host = parsed->host;
  address.port = parsed->port.value_or(kDefaultPort);
  return address;
}

}  // namespace sessiond
