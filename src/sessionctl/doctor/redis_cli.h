// RedisCli: redis-cli's command lines, to be typed as they are by root on this machine. No password stands in them: the
// shell takes it from the file that sessiond has it from, or redis-cli asks.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sessionctl/doctor/installation.h"

namespace sessiond::ctl {

/// Immutable. The installation outlives it.
class RedisCli {
 public:
  explicit RedisCli(const Installation& installation) : installation_(installation) {}

  /// For whoever may do more than sessiond: where redis.user is a user of its own, as Redis's default user.
  std::string at(const RedisFacts& server, std::string_view command) const;
  /// At the one that redis.url names, or the first that is known.
  std::string atFirst(std::string_view command) const;
  std::string atSentinel(const std::string& node, std::string_view command) const;
  /// How a command begins for whoever may do more there than sessiond: the sentinel's default user. Asks it whether
  /// that one has a password.
  std::string atSentinelAsDefault(const std::string& node) const;

  /// What Redis knows of redis.user, when it is refused. REQUIRES: installation.redis_server is not empty.
  std::string lookAtUser() const;

  /// A setting, kept over Redis's next start where a command can do that.
  std::string configure(const RedisFacts& server, const std::string& setting) const;
  /// What redis.user may do besides, at every server that is known, and after its next start.
  std::string allow(const std::string& rules) const;

 private:
  std::string bare(const std::string& server) const;
  std::string program(const std::string& server) const;
  std::string kept(const RedisFacts& server, const std::string& done, const std::string& keep) const;

  const Installation& installation_;
};

}  // namespace sessiond::ctl
