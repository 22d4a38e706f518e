#include "os/host_resolver.h"

#include <netdb.h>

#include <memory>
#include <system_error>

#include "base/named_thread.h"

namespace sessiond {
namespace {

constexpr const char* kNoThread = "the system has no thread to resolve the host with";

}  // namespace

HostResolver::HostResolver(std::string host, std::uint16_t port) {
  if (auto literal = lookUpHost(host, port, AI_NUMERICHOST)) {
    literal_ = *std::move(literal);
    return;
  }
  lookups_ =
      std::make_shared<Lookups>([host = std::move(host), port] { return lookUpHost(host, port, AI_ADDRCONFIG); });
}

HostResolver::HostResolver(std::function<ResolvedAddresses()> look_up)
    : lookups_(std::make_shared<Lookups>(std::move(look_up))) {}

HostResolver::~HostResolver() {
  if (lookups_ == nullptr) return;
  const std::lock_guard lock(lookups_->mutex);
  lookups_->over = true;
  lookups_->changed.notify_all();
}

/// Begins when first somebody asks. False: the system has no thread for it now. REQUIRES: the mutex is held.
bool HostResolver::hasThread() {
  if (lookups_->has_thread) return true;
  try {
    startThread("resolve", [lookups = lookups_] { run(*lookups); }).detach();
    lookups_->has_thread = true;
  } catch (const std::system_error&) {
    return false;
  }
  return true;
}

ResolvedAddresses HostResolver::resolve(SteadyTime deadline) {
  if (!literal_.empty()) return literal_;
  std::unique_lock lock(lookups_->mutex);
  if (!hasThread()) return Unexpected(std::string(kNoThread));
  const std::uint64_t mine = want();
  if (!lookups_->changed.wait_until(lock, deadline, [&] { return lookups_->done >= mine; }))
    return Unexpected(std::string("cannot resolve the host in time"));
  return lookups_->result;
}

std::optional<ResolvedAddresses> HostResolver::lookUp(std::uint64_t& ticket) {
  if (!literal_.empty()) return literal_;
  const std::lock_guard lock(lookups_->mutex);
  if (!hasThread()) return ResolvedAddresses(Unexpected(std::string(kNoThread)));
  if (ticket == 0) ticket = want();
  if (lookups_->done < ticket) return std::nullopt;
  return lookups_->result;
}

/// Joins the lookup that runs, or begins one; its number. REQUIRES: the mutex is held.
std::uint64_t HostResolver::want() {
  if (lookups_->wanted == lookups_->done) {
    ++lookups_->wanted;
    lookups_->changed.notify_all();
  }
  return lookups_->wanted;
}

void HostResolver::run(Lookups& lookups) {
  std::unique_lock lock(lookups.mutex);
  while (true) {
    lookups.changed.wait(lock, [&] { return lookups.over || lookups.wanted > lookups.done; });
    if (lookups.over) return;
    lock.unlock();
    ResolvedAddresses result = lookups.look_up();
    lock.lock();
    lookups.result = std::move(result);
    ++lookups.done;
    lookups.changed.notify_all();
  }
}

}  // namespace sessiond
