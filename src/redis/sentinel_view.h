// What one sentinel says of a primary.
//
//   SENTINEL MYID                             -> its id; an error before Redis 6.2
//   SENTINEL MASTER mymaster                  -> name, mymaster, ..., config-epoch, 4, num-other-sentinels, 2, ...
//   SENTINEL GET-MASTER-ADDR-BY-NAME mymaster -> 192.0.2.7, 6379
//   SENTINEL SENTINELS mymaster               -> of each other: ip, 192.0.2.8, port, 26379, runid, ...
//   SENTINEL MASTER mymaster                  -> once more
//
// The sentinel that leads a failover counts the new primary's epoch from the moment at which that is one, and so does
// GET-MASTER-ADDR-BY-NAME; the address in SENTINEL MASTER is the old one's until all replicas have followed. So the
// address is taken from the one, the epoch from the other, and an epoch that changed in between means: ask again.
// Meanwhile that sentinel has the flag failover_in_progress.
//
// Only addresses are taken that could stand in the configuration as well; sentinels announce whatever they were told.

#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "redis/redis_address.h"
#include "redis/redis_commands.h"
#include "redis/redis_reply.h"

namespace sessiond {

/// On which a sentinel says that another one is the primary. The leader of a failover names the new one from the first
/// on, a tenth of a second and more before the second.
inline constexpr std::array<std::string_view, 2> kSwitchChannels = {"+failover-state-reconf-slaves", "+switch-master"};

/// A plain value.
struct SentinelView {
  struct Peer {
    std::string id;
    RedisAddress address;
  };

  std::string id;  ///< of the sentinel itself; empty: it does not tell
  RedisAddress primary;
  std::uint64_t config_epoch = 0;
  std::size_t others = 0;       ///< sentinels that it knows of beside itself
  bool leads_failover = false;  ///< which has not come to its end
  std::vector<Peer> peers;
  std::vector<std::string> nowhere;  ///< what it names as addresses of others, and are none
};

/// Appends the questions.
void writeSentinelQuestions(std::string_view master, RedisCommands& commands);
/// Pure. REQUIRES: one reply to each question. A message where nothing can be made of them.
Expected<SentinelView, std::string> readSentinelView(const RedisReplies& replies);

/// A sentinel's address as the configuration writes it: host:port, or the host alone. A message without the option's
/// name.
Expected<RedisAddress, std::string> parseSentinelNode(std::string_view text);

}  // namespace sessiond
