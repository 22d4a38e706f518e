#include "redis/error_reply.h"

#include <array>

#include "base/check.h"

namespace sessiond {
namespace {

using enum ErrorMeaning;
constexpr ErrorScope kCommand = ErrorScope::kCommand;
constexpr ErrorScope kServer = ErrorScope::kServer;

struct Rule {
  std::string_view begins_with;  ///< of the whole text; a single word must end there
  ErrorKind kind;
};

/// Redis names no channel.
constexpr ErrorKind kMayNotListen = {
    "NOPERM channel", kMisconfigured, kCommand,
    "redis: no cache: the ACL user may not listen to the channel on which Redis tells which sessions change; at the "
    "server: ACL SETUSER <redis.user> &__redis__:invalidate, then ACL SAVE or CONFIG REWRITE"};

// Longer beginnings stand before shorter ones of the same word.
constexpr auto kRules = std::to_array<Rule>({
    {"READONLY",
     {"READONLY", kRetryElsewhere, kCommand,
      "redis: this server is a read-only replica; point redis.url at the primary",
      "redis: the server that the sentinels name is a read-only replica; if this goes on after a failover, see whether "
      "SENTINEL MASTER and the server's ROLE agree",
      "redis: a node that the cluster names as a primary is a replica; if this goes on after a failover, see whether "
      "CLUSTER SLOTS and the node's ROLE agree"}},
    {"LOADING",
     {"LOADING", kUnavailable, kServer, "redis: the server is loading its data after a start; wait until it is done"}},
    {"MASTERDOWN",
     {"MASTERDOWN", kRetryElsewhere, kServer,
      "redis: this replica has lost its primary and serves no stale data; point redis.url at the primary or restore "
      "the link",
      "redis: the server that the sentinels name is a replica that has lost its primary; if this goes on after a "
      "failover, see whether SENTINEL MASTER and the server's ROLE agree",
      "redis: a node that the cluster names as a primary is a replica that has lost its primary; if this goes on after "
      "a failover, see whether CLUSTER SLOTS and the node's ROLE agree"}},
    {"NOAUTH",
     {"NOAUTH", kMisconfigured, kServer,
      "redis: the server asks for a password; set redis.password_file (and redis.user for an ACL user)"}},
    {"WRONGPASS",
     {"WRONGPASS", kMisconfigured, kServer,
      "redis: the server refuses user name or password, or the user is disabled; check redis.user and "
      "redis.password_file"}},
    {"NOPERM this user has no permissions to access one of the channels", kMayNotListen},
    {"NOPERM No permissions to access a channel", kMayNotListen},
    {"NOPERM",
     {"NOPERM", kMisconfigured, kCommand,
      "redis: the ACL user may not run this command or use this key; extend its rules (ACL SETUSER) by what the error "
      "names, or `sessionctl doctor`"}},
    {"MOVED",
     {"MOVED", kMisconfigured, kCommand,
      "redis: redis.url names a node of a Redis Cluster, which holds only a part of the keys; name the cluster's nodes "
      "in redis.cluster.nodes instead"}},
    {"ASK",
     {"ASK", kMisconfigured, kCommand,
      "redis: redis.url names a node of a Redis Cluster that is moving keys; name the cluster's nodes in "
      "redis.cluster.nodes instead"}},
    {"TRYAGAIN",
     {"TRYAGAIN", kUnavailable, kCommand, "redis: the cluster is moving these keys; wait until the move is done"}},
    {"CROSSSLOT",
     {"CROSSSLOT", kMisconfigured, kCommand,
      "redis: redis.url names a node of a Redis Cluster; name the cluster's nodes in redis.cluster.nodes instead"}},
    {"CLUSTERDOWN Hash slot not served",
     {kSlotUnserved, kUnavailable, kCommand,
      "redis: no node of the cluster serves this slot; give it to one (redis-cli --cluster fix)"}},
    {"CLUSTERDOWN",
     {kClusterDown, kUnavailable, kServer,
      "redis: the cluster is down or not all slots are served; look at CLUSTER INFO on the server"}},
    {"OOM",
     {"OOM", kUnavailable, kCommand,
      "redis: the server's memory is full, nothing can be stored; raise maxmemory or free memory"}},
    {"WRONGTYPE",
     {"WRONGTYPE", kCorrupt, kCommand,
      "redis: a key holds another type than sessiond stores there; see which program writes keys with this prefix"}},
    {"BUSY",
     {"BUSY", kUnavailable, kServer,
      "redis: a script or function blocks the server; end it with SCRIPT KILL or FUNCTION KILL"}},
    {"NOSCRIPT",
     {"NOSCRIPT", kUnavailable, kCommand, "redis: the server does not know a script that it was asked to run"}},
    {"MISCONF",
     {"MISCONF", kUnavailable, kCommand,
      "redis: the server cannot save its data to disk and takes no writes; look at its log and its disk"}},
    {"NOREPLICAS",
     {"NOREPLICAS", kUnavailable, kCommand,
      "redis: too few replicas are connected for writes (min-replicas-to-write); restore them"}},
    {"DENIED",
     {"DENIED", kMisconfigured, kServer,
      "redis: the server is in protected mode and takes only local clients; set a password there and in "
      "redis.password_file, or bind it to the right address"}},
    {"ERR AUTH",
     {"ERR AUTH", kMisconfigured, kServer,
      "redis: a password is configured, but the server has none; remove redis.password_file or set the server's "
      "requirepass"}},
    {"ERR max number of clients",
     {"ERR max number of clients", kUnavailable, kServer,
      "redis: the server has no free connection (maxclients); raise it or find who holds them"}},
    {"ERR DB index is out of range",
     {"ERR DB index", kMisconfigured, kServer,
      "redis: the server has no database of this number; check the number in redis.url and the server's databases "
      "option",
      "redis: the server has no database of this number; check redis.sentinel.database and the server's databases "
      "option"}},
    {"ERR This instance has cluster support disabled",
     {"ERR cluster support disabled", kMisconfigured, kServer,
      "redis: the server is no node of a Redis Cluster; name it in redis.url, not in redis.cluster.nodes"}},
    {"ERR unknown command",
     {"ERR unknown command", kMisconfigured, kCommand,
      "redis: the server lacks a command that sessiond needs; it must be Redis 6.0 or newer with no command renamed"}},
    {"", {"", kUnavailable, kCommand, "redis: the server answered with an error"}},
});
static_assert(kRules.size() == kErrorKinds);

constexpr auto kKinds = [] {
  std::array<ErrorKind, kErrorKinds> kinds{};
  for (std::size_t i = 0; i < kErrorKinds; ++i) {
    kinds[i] = kRules[i].kind;
    kinds[i].index = i;
  }
  return kinds;
}();

bool beginsWith(std::string_view text, std::string_view words) {
  if (!text.starts_with(words)) return false;
  return text.size() == words.size() || words.empty() || text[words.size()] == ' ';
}

}  // namespace

const ErrorKind& classifyError(std::string_view text) {
  // Of what a script may not, up to Redis 7.0 ("ERR The user executing the script can't run this command or
  // subcommand"; Redis 6 puts the script before it).
  if (text.starts_with("ERR ") && text.find("The user executing the script can't ") != std::string_view::npos)
    text = "NOPERM";
  std::size_t i = 0;
  while (!beginsWith(text, kRules[i].begins_with)) ++i;
  return kKinds[i];
}

const ErrorKind& errorKind(std::size_t index) {
  SESSIOND_CHECK(index < kErrorKinds);
  return kKinds[index];
}

bool isUsual(const ErrorKind& kind, TopologyKind topology) {
  return topology == TopologyKind::kCluster && (kind.code == "MOVED" || kind.code == "ASK" || kind.code == "TRYAGAIN");
}

std::string_view adviceOn(const ErrorKind& kind, TopologyKind topology) {
  std::string_view own;
  if (topology == TopologyKind::kSentinels) own = kind.advice_behind_sentinels;
  if (topology == TopologyKind::kCluster) own = kind.advice_in_cluster;
  return own.empty() ? kind.advice : own;
}

StoreError storeErrorOf(const RedisReply& reply) {
  if (reply.type != RedisReply::Type::kError) return StoreError::kUnavailable;
  return classifyError(reply.text).meaning == ErrorMeaning::kCorrupt ? StoreError::kCorrupt : StoreError::kUnavailable;
}

}  // namespace sessiond
