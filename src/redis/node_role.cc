#include "redis/node_role.h"

#include <algorithm>
#include <chrono>
#include <string_view>

#include "redis/error_reply.h"

namespace sessiond {
namespace {

constexpr std::chrono::seconds kElsewhereInterval{1};

}  // namespace

NodeRole::NodeRole(const RedisSettings& config)
    : must_be_told_(config.topology() != TopologyKind::kSingle),
      allow_replica_(config.allow_replica),
      elsewhere_(kElsewhereInterval) {}

bool NodeRole::isDeniedBy(const RedisReply& hello) const {
  const std::string_view role = fieldOf(hello, "role");
  if (must_be_told_) return role != "master";
  return !role.empty() && role != "master" && !allow_replica_;
}

std::optional<ConnectionError> NodeRole::judgeShown(const RedisReply& written) {
  if (written.type != RedisReply::Type::kError) return std::nullopt;
  if (classifyError(written.text).code == kNoReplicas) return std::nullopt;  // no replica says so
  return rejection(written.text);
}

bool NodeRole::asksElsewhere(const RedisReplies& replies) const {
  const auto asks_for_it = [](const RedisReply& reply) {
    return reply.type == RedisReply::Type::kError && classifyError(reply.text).meaning == ErrorMeaning::kRetryElsewhere;
  };
  return !allow_replica_ && std::any_of(replies.begin(), replies.end(), asks_for_it);
}

bool NodeRole::shouldTryElsewhere(const RedisReplies& replies, SteadyTime now) {
  return asksElsewhere(replies) && elsewhere_.pass(now);
}

}  // namespace sessiond
