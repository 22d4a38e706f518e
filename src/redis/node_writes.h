// NodeWrites: whether a node takes writes, and what it says of them.
//
// Where there are several servers, one that no replica follows is not believed: it may have been cut off from all
// others, who go on without it. It refuses writes then (min-replicas-to-write), as a cluster's node does that sees no
// majority, though it may go on to be read (cluster-allow-reads-when-down); so it is asked for one that changes
// nothing, of a key that is nobody's, as often as there is doubt.

#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "base/guarded.h"
#include "redis/redirect.h"
#include "redis/redis_commands.h"
#include "redis/redis_reply.h"
#include "redis/redis_settings.h"

namespace sessiond {

/// Thread-safe.
class NodeWrites {
 public:
  /// `probe_key`: as RedisNode's.
  NodeWrites(TopologyKind topology, std::string probe_key);
  NodeWrites(const NodeWrites&) = delete;
  NodeWrites& operator=(const NodeWrites&) = delete;

  /// Are answers believed only while the server takes them?
  bool mustBeTaken() const { return topology_ != TopologyKind::kSingle; }
  /// Appends one that changes nothing and is refused as every write is; of this key.
  std::string probe(RedisCommands& commands) const;
  void useProbeKey(std::string key) { *probe_key_.lock() = std::move(key); }

  /// Of any write. False: the server lacks replicas, as far as is known, or a cluster's majority, and its answers are
  /// not believed. Where a cluster's node says that the key is another one's, nothing was tried: what was known before
  /// goes on.
  bool judge(const RedisReply& reply);
  /// Whatever was asked, it may have been told that replicas, or a majority, are lacking.
  void hear(const RedisReplies& replies);
  bool lackReplicas() const { return lack_replicas_.load(std::memory_order_acquire); }
  /// The node is another server from now on.
  void forget() { lack_replicas_.store(false, std::memory_order_release); }

  /// Told of where a key is that was to be in one of the node's slots, and of the key.
  using Misled = std::function<void(const Redirect&, const std::string&)>;
  /// Before anybody else knows the node.
  void onMisled(Misled misled) { misled_ = std::move(misled); }
  /// Of a write of our own, beside what is asked for: a redirect is told of.
  void noteRedirect(const RedisReply& reply, const std::string& key) const;

 private:
  const TopologyKind topology_;
  mutable Guarded<std::string> probe_key_;
  std::atomic<bool> lack_replicas_ = false;
  Misled misled_;
};

}  // namespace sessiond
