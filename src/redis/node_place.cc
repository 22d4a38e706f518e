#include "redis/node_place.h"

#include <utility>

namespace sessiond {

std::string NodePlace::name() const {
  const Ref place = present();
  return place == nullptr ? name_until_known_ : place->name;
}

NodePlace::Ref NodePlace::present() const {
  const std::lock_guard lock(mutex_);
  return present_;
}

NodePlace::Ref NodePlace::wait(SteadyTime deadline) const {
  std::unique_lock lock(mutex_);
  known_.wait_until(lock, deadline, [this] { return present_ != nullptr; });
  return present_;
}

void NodePlace::setRefusal(Refusal refusal) {
  const std::lock_guard lock(mutex_);
  refusal_ = std::move(refusal);
}

NodePlace::Refusal NodePlace::refusal() const {
  const std::lock_guard lock(mutex_);
  return present_ == nullptr ? refusal_ : Refusal();
}

bool NodePlace::renew(std::uint64_t term) {
  const std::lock_guard lock(mutex_);
  if (present_ == nullptr || present_->term != term) return false;
  Known again = *present_;
  again.term = term + 1;
  again.connector->forgetPeers();
  present_ = std::make_shared<const Known>(std::move(again));
  term_.store(term + 1, std::memory_order_release);
  return true;
}

void NodePlace::moveTo(const RedisAddress& address, std::string told_by, const TlsSettings& tls, const Clock& clock) {
  const std::string name = address.name();
  const bool may_be_for_tls = !address.tls && address.socket_path.empty();
  const std::lock_guard lock(mutex_);
  const std::uint64_t next = term() + 1;
  std::unique_ptr<RedisConnector>& connector = connectors_[name];
  if (connector == nullptr) connector = std::make_unique<RedisConnector>(address, tls, clock);
  connector->forgetPeers();  // of an earlier term
  present_ = std::make_shared<const Known>(Known{.name = name,
                                                 .told_by = std::move(told_by),
                                                 .tls_asked_by = may_be_for_tls ? tls.asked_by : std::string_view(),
                                                 .term = next,
                                                 .connector = connector.get()});
  term_.store(next, std::memory_order_release);
  known_.notify_all();
}

}  // namespace sessiond
