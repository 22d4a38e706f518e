#include "redis/cluster_view.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/encoding.h"
#include "base/parse.h"
#include "os/host_port.h"
#include "redis/redirect.h"

namespace sessiond {
namespace {

using Type = RedisReply::Type;
using Problem = Unexpected<std::string>;

constexpr std::size_t kClusterQuestions = 2;

/// Nothing: it says where it is in a way that nobody can follow.
std::optional<RedisAddress> addressOf(const RedisReply& node, const RedisAddress& asked) {
  if (node.type != Type::kArray || node.elements.size() < 2) return std::nullopt;
  const RedisReply& host = node.elements[0];
  const RedisReply& port = node.elements[1];
  if (port.type != Type::kInteger || port.integer < 1 || port.integer > 65535) return std::nullopt;
  RedisAddress address = asked;
  address.port = static_cast<std::uint16_t>(port.integer);
  if (host.type == Type::kNil || (host.type == Type::kString && host.text.empty())) return address;
  if (host.type != Type::kString) return std::nullopt;
  address.host = host.text;
  return isPlace(address) ? std::optional(address) : std::nullopt;
}

std::string shown(const RedisReply& node) {
  if (node.elements.size() < 2) return "?";
  return escapeForLog(node.elements[0].text + ":" + std::to_string(node.elements[1].integer));
}

bool isNode(const RedisReply& element) {
  return element.type == Type::kArray;
}

void addNode(ClusterView& view, const RedisAddress& address) {
  const auto is_same = [&](const RedisAddress& one) { return one.name() == address.name(); };
  if (std::ranges::none_of(view.nodes, is_same)) view.nodes.push_back(address);
}

bool readRange(const RedisReply& entry, const RedisAddress& asked, ClusterView& view) {
  if (entry.type != Type::kArray || entry.elements.size() < 3) return false;
  const std::int64_t first = entry.elements[0].integer;
  const std::int64_t last = entry.elements[1].integer;
  const bool are_slots = entry.elements[0].type == Type::kInteger && entry.elements[1].type == Type::kInteger &&
                         first >= 0 && first <= last && last < static_cast<std::int64_t>(kSlots);
  if (!are_slots) return false;
  for (std::size_t i = 2; i < entry.elements.size() && isNode(entry.elements[i]); ++i) {
    auto address = addressOf(entry.elements[i], asked);
    if (!address) {
      if (view.nowhere.empty()) view.nowhere = shown(entry.elements[i]);
      continue;
    }
    addNode(view, *address);
    if (i == 2) {
      view.ranges.push_back({.first = static_cast<Slot>(first), .last = static_cast<Slot>(last), .primary = *address});
    }
  }
  return true;
}

}  // namespace

void writeClusterQuestions(RedisCommands& commands) {
  commands.add({"CLUSTER", "INFO"});
  commands.add({"CLUSTER", "SLOTS"});
}

Expected<ClusterView, std::string> readClusterView(const RedisReplies& replies, const RedisAddress& asked) {
  SESSIOND_CHECK(replies.size() == kClusterQuestions);
  for (const RedisReply& reply : replies) {
    if (reply.type == Type::kError) return Problem(reply.text);
  }
  const auto epoch = parseInteger<std::uint64_t>(fieldOf(replies[0].text, "cluster_current_epoch"));
  if (replies[0].type != Type::kString || !epoch) return Problem("what it says of the cluster cannot be read");
  ClusterView view{.epoch = *epoch,
                   .is_ok = fieldOf(replies[0].text, "cluster_state") == "ok",
                   .ranges = {},
                   .nodes = {},
                   .nowhere = {}};
  if (replies[1].type != Type::kArray) return Problem("what it says of the slots cannot be read");
  for (const RedisReply& entry : replies[1].elements) {
    if (!readRange(entry, asked, view)) return Problem("what it says of the slots cannot be read");
  }
  return view;
}

Expected<RedisAddress, std::string> parseClusterNode(std::string_view text) {
  const std::optional<HostPort> parsed = parseHostPort(text);
  if (!parsed) return Problem("must be the host:port of a node of the cluster, with a port from 1 to 65535,");
  RedisAddress address;
  address.host = parsed->host;
  address.port = parsed->port.value_or(address.port);
  return address;
}

}  // namespace sessiond
