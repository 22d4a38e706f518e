#include "support/sentinel_group.h"

#include "base/check.h"
#include "support/soon.h"

namespace sessiond {
namespace {

/// 40 hexadecimal digits.
std::string idOf(std::size_t index) {
  return std::string(39, 'a') + std::to_string(index);
}

/// The line behind the one that is the name.
std::string fieldOf(const std::string& lines, const std::string& name) {
  const std::string with_ends = "\n" + lines + "\n";
  const std::size_t at = with_ends.find("\n" + name + "\n");
  if (at == std::string::npos) return "";
  const std::size_t begin = at + name.size() + 2;
  return with_ends.substr(begin, with_ends.find('\n', begin) - begin);
}

}  // namespace

SentinelGroup::SentinelGroup() : SentinelGroup(Options{}) {}

SentinelGroup::SentinelGroup(const Options& options) : tls_(options.tls), user_(options.user) {
  for (std::size_t i = 0; i < options.servers; ++i) {
    RedisServer::Options one{.tcp = !tls_, .tls = tls_, .configuration = options.server_configuration};
    if (tls_) one.configuration.emplace_back("tls-replication yes");
    one.configuration.emplace_back("repl-diskless-sync-delay 0");
    one.configuration.emplace_back("repl-ping-replica-period 1");
    if (i > 0) one.configuration.push_back("replicaof 127.0.0.1 " + portOf(server(0)));
    servers_.push_back(std::make_unique<RedisServer>(one));
  }
  const std::string master = std::string(" ") + kMaster + " ";
  for (std::size_t i = 0; i < options.sentinels; ++i) {
    RedisServer::Options one{
        .tcp = !tls_, .tls = tls_, .sentinel = true, .configuration = options.sentinel_configuration};
    if (tls_) one.configuration.emplace_back("tls-replication yes");
    one.configuration.push_back("sentinel myid " + idOf(i));
    one.configuration.push_back("sentinel monitor" + master + "127.0.0.1 " + portOf(server(0)) + " " +
                                std::to_string(options.sentinels / 2 + 1));
    one.configuration.push_back("sentinel down-after-milliseconds" + master + std::to_string(options.down_after));
    one.configuration.push_back("sentinel failover-timeout" + master + "2000");
    sentinels_.push_back(std::make_unique<RedisServer>(one));
  }
  settle();
}

std::vector<std::string> SentinelGroup::nodes() const {
  std::vector<std::string> nodes;
  for (const auto& one : sentinels_) nodes.push_back("127.0.0.1:" + portOf(*one));
  return nodes;
}

std::string SentinelGroup::portOf(const RedisServer& server) const {
  const std::string url = tls_ ? server.tlsUrl() : server.tcpUrl();
  return url.substr(url.rfind(':') + 1);
}

std::string SentinelGroup::sentinelCommand(std::size_t index, const std::vector<std::string>& arguments) const {
  return sentinels_.at(index)->commandAs(user_.first, user_.second, arguments);
}

std::size_t SentinelGroup::primary() {
  std::string port;
  long long highest = -1;
  for (std::size_t i = 0; i < sentinels_.size(); ++i) {
    const std::string master = sentinelCommand(i, {"SENTINEL", "MASTER", kMaster});
    const std::string epoch = fieldOf(master, "config-epoch");
    const std::string address = sentinelCommand(i, {"SENTINEL", "GET-MASTER-ADDR-BY-NAME", kMaster});
    if (epoch.empty() || std::stoll(epoch) <= highest) continue;
    highest = std::stoll(epoch);
    port = address.substr(address.find('\n') + 1);
  }
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    if (portOf(*servers_[i]) == port) return i;
  }
  return servers_.size();
}

std::size_t SentinelGroup::failedOver(std::size_t before) {
  needSoon(
      [&] {
        const std::size_t now = primary();
        return now != before && now < servers_.size();
      },
      "another server is the primary");
  return primary();
}

void SentinelGroup::settle() {
  demoteOthers();
  waitForReplicas();
  const std::string others = std::to_string(sentinels_.size() - 1);
  const std::string replicas = std::to_string(servers_.size() - 1);
  for (std::size_t i = 0; i < sentinels_.size(); ++i) {
    needSoon(
        [&] {
          const std::string master = sentinelCommand(i, {"SENTINEL", "MASTER", kMaster});
          return fieldOf(master, "num-other-sentinels") == others && fieldOf(master, "num-slaves") == replicas &&
                 fieldOf(master, "flags") == "master";  // no failover is under way
        },
        "all sentinels and servers have met");
  }
}

/// As sentinels do, some seconds later.
void SentinelGroup::demoteOthers() {
  const std::size_t now = primary();
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    if (i == now || !servers_[i]->command({"ROLE"}).starts_with("master")) continue;
    servers_[i]->command({"REPLICAOF", "127.0.0.1", portOf(server(now))});
  }
}

void SentinelGroup::waitForReplicas() {
  needSoon(
      [&] {
        const std::size_t now = primary();
        for (std::size_t i = 0; i < servers_.size(); ++i) {
          if (i == now) continue;
          if (servers_[i]->command({"INFO", "replication"}).find("master_link_status:up") == std::string::npos) {
            return false;
          }
        }
        return true;
      },
      "all replicas follow");
}

}  // namespace sessiond
