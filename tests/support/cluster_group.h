// ClusterGroup: a Redis Cluster of three primaries with a replica each, all real redis-servers on free loopback ports.
//
// When the constructor returns, all slots are served, every node knows all others, and the replicas follow. What takes
// longer than half a minute ends the test process.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/redis_server.h"

namespace sessiond {

/// Not thread-safe.
class ClusterGroup {
 public:
  struct Options {
    std::size_t primaries = 3;
    std::size_t replicas = 3;
    /// A primary that was not heard for so long is failed over, in milliseconds.
    int node_timeout = 1000;
    bool tls = false;  ///< and nothing else
    std::vector<std::string> configuration = {};
  };

  ClusterGroup();
  explicit ClusterGroup(const Options& options);

  bool tls() const { return tls_; }
  /// host:port of each.
  std::vector<std::string> nodes() const;
  RedisServer& server(std::size_t index) { return *servers_.at(index); }
  std::size_t size() const { return servers_.size(); }

  /// Index of the primary that has this key's slot, waits for one.
  std::size_t ownerOf(const std::string& key);
  RedisServer& serverOf(const std::string& key) { return server(ownerOf(key)); }
  /// Runs a command where its key is.
  std::string command(const std::string& key, const std::vector<std::string>& arguments);
  /// The same at every primary that answers.
  void everywhere(const std::vector<std::string>& arguments);
  /// Index of a replica of this primary that follows it.
  std::size_t replicaOf(std::size_t primary);
  /// A key that begins so, in a slot of this primary.
  std::string keyAt(std::size_t primary, const std::string& beginning);

  /// CLUSTER FAILOVER: index of the new primary.
  std::size_t failOver(std::size_t primary);
  /// Waits until another one has the slots of this primary, which does not answer; its index.
  std::size_t failedOver(std::size_t primary, const std::string& key);
  /// From now on this key's slot is on its way, with no key moved yet.
  void beginMove(const std::string& key, std::size_t to);
  /// Moves this one key.
  void moveKey(const std::string& key, std::size_t from, std::size_t to);
  /// Moves all other keys of the slot, and the slot.
  void endMove(const std::string& key, std::size_t from, std::size_t to);
  /// Waits until every slot is served, by primaries that each have a replica.
  void settle();

 private:
  std::string portOf(std::size_t index) const;
  std::string idOf(std::size_t index) const;
  bool isPrimary(std::size_t index) const;
  bool serves(std::size_t index, const std::string& key) const;
  void join();

  const bool tls_;
  const std::size_t primaries_;
  std::vector<std::unique_ptr<RedisServer>> servers_;
};

}  // namespace sessiond
