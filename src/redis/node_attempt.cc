#include "redis/node_attempt.h"

#include "redis/error_reply.h"

namespace sessiond {

NodeAttempt::NodeAttempt(RedisNode& node, SteadyTime now) : node_(node), began_(now) {
  if (!node.isVouchedFor(now)) {
    node.reports().noteUnvouched();
    return;
  }
  permission_.emplace(node.breaker().attempt());
  if (*permission_) return;
  node.reports().noteRefused();
  permission_.reset();
}

Expected<void, StoreError> NodeAttempt::answered(const RedisReplies& replies, SteadyTime now) {
  node_.reports().noteLatency(now - began_);
  if (!noteWorking(replies)) return Unexpected(StoreError::kUnavailable);
  if (node_.role().asksElsewhere(replies)) return Unexpected(StoreError::kUnavailable);
  return {};
}

StoreError NodeAttempt::disbelieved(const RedisReplies& replies) {
  noteWorking(replies);
  return StoreError::kUnavailable;
}

bool NodeAttempt::noteWorking(const RedisReplies& replies) {
  const ErrorKind* const worst = node_.noteErrors(replies);
  const bool works = worst == nullptr || worst->scope != ErrorScope::kServer;
  node_.reports().noteChange(works ? permission_->succeeded() : permission_->failed(),
                             works ? std::string_view() : worst->code);
  return works;
}

StoreError NodeAttempt::failed(const ConnectionError& error, SteadyTime now) {
  node_.reports().noteLatency(now - began_);
  node_.observers().tellLost();
  node_.reports().noteFailure(error);
  node_.reports().noteChange(permission_->failed(), error.text);
  return error.kind == ConnectionError::Kind::kTimeout ? StoreError::kTimeout : StoreError::kUnavailable;
}

}  // namespace sessiond
