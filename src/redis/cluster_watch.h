// ClusterWatch: asks the cluster which of its nodes has what, and hands it to ClusterNodes: every ten seconds, soon
// after a node has said that a slot has moved, and sooner while one does not answer.
//
// Each time another node is asked, of those in the configuration and those that they know, or knew before a reload. One
// that is cut off from most of the others says so, and one that has not heard of a change yet has a smaller epoch:
// neither counts.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/once_per.h"
#include "redis/cluster_nodes.h"
#include "redis/cluster_view.h"
#include "redis/learned_nodes.h"

namespace sessiond {

/// Runs a thread of its own from its making to its end. What it is given outlives it.
class ClusterWatch {
 public:
  /// REQUIRES: config.cluster.used().
  ClusterWatch(const RedisSettings& config, ClusterNodes& nodes, LearnedNodes& learned, const Clock& clock);
  /// Waits for the thread, at most as long as an attempt to connect takes.
  ~ClusterWatch();
  ClusterWatch(const ClusterWatch&) = delete;
  ClusterWatch& operator=(const ClusterWatch&) = delete;

 private:
  void run(const std::stop_token& stop);
  bool refresh(const std::stop_token& stop);
  Expected<ClusterView, ConnectionError> ask(const RedisAddress& node);
  bool isOfUse(const ClusterView& view, SteadyTime now);
  std::vector<RedisAddress> candidates() const;
  void noteView(const ClusterView& view, const RedisAddress& node);
  void noteSilence(const std::string& problem);

  const RedisSettings config_;
  const std::vector<RedisAddress> configured_;
  const std::string target_;
  ClusterNodes& nodes_;
  LearnedNodes& learned_;
  const Clock& clock_;
  // Of the thread.
  MetricsRegistry unshown_;  ///< nobody's requests are answered over these connections
  std::map<std::string, std::unique_ptr<RedisClient>> clients_;  ///< by address
  std::vector<RedisAddress> known_;  ///< from the last view; before the first one, from an earlier watch's
  std::size_t turn_ = 0;
  std::uint64_t epoch_ = 0;
  SteadyTime epoch_seen_;
  std::string last_asked_;
  bool is_known_ = false;
  bool is_silent_ = false;
  OncePer silence_log_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace sessiond
