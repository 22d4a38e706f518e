#include "support/cluster_group.h"

#include <algorithm>

#include "base/check.h"
#include "support/soon.h"

namespace sessiond {
namespace {

constexpr std::size_t kSlots = 16384;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Of a node's `CLUSTER INFO`.
int epochIn(const std::string& info, const std::string& name) {
  return std::stoi(info.substr(info.find(name + ":") + name.size() + 1));
}

}  // namespace

ClusterGroup::ClusterGroup() : ClusterGroup(Options{}) {}

ClusterGroup::ClusterGroup(const Options& options) : tls_(options.tls), primaries_(options.primaries) {
  for (std::size_t i = 0; i < options.primaries + options.replicas; ++i) {
    RedisServer::Options one{.tcp = !tls_, .tls = tls_, .in_cluster = true, .configuration = options.configuration};
    one.configuration.push_back("cluster-node-timeout " + std::to_string(options.node_timeout));
    one.configuration.emplace_back("cluster-replica-validity-factor 0");
    one.configuration.emplace_back("repl-diskless-sync-delay 0");
    one.configuration.emplace_back("repl-ping-replica-period 1");
    if (tls_) one.configuration.emplace_back("tls-cluster yes");
    if (tls_) one.configuration.emplace_back("tls-replication yes");
    servers_.push_back(std::make_unique<RedisServer>(one));
  }
  join();
  settle();
}

void ClusterGroup::join() {
  const std::size_t share = kSlots / primaries_;
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    server(i).command({"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)});
    if (i >= primaries_) continue;
    const std::size_t last = i + 1 == primaries_ ? kSlots - 1 : (i + 1) * share - 1;
    server(i).command({"CLUSTER", "ADDSLOTSRANGE", std::to_string(i * share), std::to_string(last)});
  }
  for (std::size_t i = 1; i < servers_.size(); ++i) {
    server(0).command({"CLUSTER", "MEET", "127.0.0.1", portOf(i), std::to_string(server(i).busPort())});
  }
  const std::string all = "cluster_known_nodes:" + std::to_string(servers_.size());
  for (const auto& one : servers_)
    needSoon([&] { return has(one->command({"CLUSTER", "INFO"}), all); }, "all nodes know each other");
  for (std::size_t i = primaries_; i < servers_.size(); ++i) {
    const std::string id = idOf((i - primaries_) % primaries_);
    needSoon([&] { return server(i).command({"CLUSTER", "REPLICATE", id}) == "OK"; }, "a node becomes a replica");
  }
}

std::string ClusterGroup::portOf(std::size_t index) const {
  const std::string url = tls_ ? servers_[index]->tlsUrl() : servers_[index]->tcpUrl();
  return url.substr(url.rfind(':') + 1);
}

std::string ClusterGroup::idOf(std::size_t index) const {
  return servers_[index]->command({"CLUSTER", "MYID"});
}

std::vector<std::string> ClusterGroup::nodes() const {
  std::vector<std::string> nodes;
  for (std::size_t i = 0; i < servers_.size(); ++i) nodes.push_back("127.0.0.1:" + portOf(i));
  return nodes;
}

bool ClusterGroup::isPrimary(std::size_t index) const {
  return servers_[index]->command({"ROLE"}).starts_with("master");
}

bool ClusterGroup::serves(std::size_t index, const std::string& key) const {
  const std::string answer = servers_[index]->command({"EXISTS", key});
  // Of a slot on its way, a key that is not there is asked for elsewhere.
  return isPrimary(index) && (answer == "0" || answer == "1" || answer.starts_with("-ASK"));
}

std::size_t ClusterGroup::ownerOf(const std::string& key) {
  std::size_t owner = 0;
  needSoon(
      [&] {
        for (owner = 0; owner < servers_.size(); ++owner)
          if (serves(owner, key)) return true;
        return false;
      },
      "a key is served");
  return owner;
}

std::string ClusterGroup::command(const std::string& key, const std::vector<std::string>& arguments) {
  return serverOf(key).command(arguments);
}

void ClusterGroup::everywhere(const std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < servers_.size(); ++i)
    if (isPrimary(i)) server(i).command(arguments);
}

std::size_t ClusterGroup::replicaOf(std::size_t primary) {
  const std::string id = idOf(primary);
  std::size_t replica = 0;
  needSoon(
      [&] {
        for (replica = 0; replica < servers_.size(); ++replica) {
          const std::string role = servers_[replica]->command({"ROLE"});
          if (role.starts_with("slave") && has(role, portOf(primary)) && has(role, "\nconnected")) return true;
        }
        return false;
      },
      "a primary has a replica");
  return replica;
}

std::string ClusterGroup::keyAt(std::size_t primary, const std::string& beginning) {
  for (int i = 0;; ++i) {
    const std::string key = beginning + std::to_string(i);
    if (serves(primary, key)) return key;
  }
}

std::size_t ClusterGroup::failOver(std::size_t primary) {
  const std::size_t replica = replicaOf(primary);
  needSoon([&] { return server(replica).command({"CLUSTER", "FAILOVER"}) == "OK"; }, "a replica begins to take over");
  needSoon([&] { return isPrimary(replica); }, "another node serves");
  return replica;
}

std::size_t ClusterGroup::failedOver(std::size_t primary, const std::string& key) {
  std::size_t owner = 0;
  needSoon(
      [&] {
        for (owner = 0; owner < servers_.size(); ++owner)
          if (owner != primary && serves(owner, key)) return true;
        return false;
      },
      "another node serves");
  return owner;
}

void ClusterGroup::beginMove(const std::string& key, std::size_t to) {
  const std::size_t from = ownerOf(key);
  const std::string slot = server(from).command({"CLUSTER", "KEYSLOT", key});
  SESSIOND_CHECK(server(to).command({"CLUSTER", "SETSLOT", slot, "IMPORTING", idOf(from)}) == "OK");
  SESSIOND_CHECK(server(from).command({"CLUSTER", "SETSLOT", slot, "MIGRATING", idOf(to)}) == "OK");
}

void ClusterGroup::moveKey(const std::string& key, std::size_t from, std::size_t to) {
  SESSIOND_CHECK(server(from).command({"MIGRATE", "127.0.0.1", portOf(to), key, "0", "5000"}) == "OK");
}

void ClusterGroup::endMove(const std::string& key, std::size_t from, std::size_t to) {
  const std::string slot = server(from).command({"CLUSTER", "KEYSLOT", key});
  for (;;) {
    const std::string one = server(from).command({"CLUSTER", "GETKEYSINSLOT", slot, "1"});
    if (one.empty()) break;
    const std::string moved = server(from).command({"MIGRATE", "127.0.0.1", portOf(to), one, "0", "5000"});
    SESSIOND_CHECK(moved == "OK" || moved == "NOKEY");
  }
  // Whoever takes a slot over outbids all epochs that it has heard of. One that it has not would take the slot back.
  needSoon(
      [&] {
        const int heard = epochIn(server(to).command({"CLUSTER", "INFO"}), "cluster_current_epoch");
        for (std::size_t i = 0; i < servers_.size(); ++i) {
          if (isPrimary(i) && epochIn(server(i).command({"CLUSTER", "INFO"}), "cluster_my_epoch") > heard) return false;
        }
        return true;
      },
      "the new node has heard of all epochs");
  const std::string id = idOf(to);
  SESSIOND_CHECK(server(to).command({"CLUSTER", "SETSLOT", slot, "NODE", id}) == "OK");
  for (std::size_t i = 0; i < servers_.size(); ++i)
    if (i != to && isPrimary(i)) server(i).command({"CLUSTER", "SETSLOT", slot, "NODE", id});
}

void ClusterGroup::settle() {
  for (const auto& one : servers_) {
    needSoon([&] { return has(one->command({"CLUSTER", "INFO"}), "cluster_state:ok"); }, "the cluster is well");
  }
  needSoon(
      [this] {
        std::size_t primaries = 0;
        for (std::size_t i = 0; i < servers_.size(); ++i) {
          const std::string role = servers_[i]->command({"ROLE"});
          if (role.starts_with("master")) ++primaries;
          if (!role.starts_with("master") && !has(role, "\nconnected")) return false;
        }
        return primaries == primaries_;
      },
      "all replicas follow");
}

}  // namespace sessiond
