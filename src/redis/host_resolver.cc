#include "redis/host_resolver.h"

#include <netdb.h>
#include <pthread.h>

#include <cstring>
#include <memory>

namespace sessiond {

ResolvedAddresses lookUpHost(const std::string& host, std::uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) return Unexpected("cannot resolve the host: " + std::string(gai_strerror(error)));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  std::vector<SocketAddress> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    SocketAddress address;
    std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
    address.length = entry->ai_addrlen;
    addresses.push_back(address);
  }
  return addresses;
}

HostResolver::HostResolver(std::string host, std::uint16_t port)
    : result_(Unexpected(std::string("not looked up yet"))) {
  if (auto literal = lookUpHost(host, port, AI_NUMERICHOST)) {
    literal_ = *std::move(literal);
    return;
  }
  look_up_ = [host = std::move(host), port] { return lookUpHost(host, port, AI_ADDRCONFIG); };
  startThread();
}

HostResolver::HostResolver(std::function<ResolvedAddresses()> look_up)
    : look_up_(std::move(look_up)), result_(Unexpected(std::string("not looked up yet"))) {
  startThread();
}

HostResolver::~HostResolver() = default;

void HostResolver::startThread() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  pthread_setname_np(thread_.native_handle(), "redis-resolve");
}

ResolvedAddresses HostResolver::resolve(SteadyTime deadline) {
  if (!literal_.empty()) return literal_;
  std::unique_lock lock(mutex_);
  const std::uint64_t mine = want();
  if (!changed_.wait_until(lock, deadline, [&] { return done_ >= mine; }))
    return Unexpected(std::string("cannot resolve the host in time"));
  return result_;
}

std::optional<ResolvedAddresses> HostResolver::lookUp(std::uint64_t& ticket) {
  if (!literal_.empty()) return literal_;
  const std::lock_guard lock(mutex_);
  if (ticket == 0) ticket = want();
  if (done_ < ticket) return std::nullopt;
  return result_;
}

/// Joins the lookup that runs, or begins one; its number. REQUIRES: mutex_ is held.
std::uint64_t HostResolver::want() {
  if (wanted_ == done_) {
    ++wanted_;
    changed_.notify_all();
  }
  return wanted_;
}

void HostResolver::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [&] { return wanted_ > done_; })) {
    lock.unlock();
    ResolvedAddresses result = look_up_();
    lock.lock();
    result_ = std::move(result);
    ++done_;
    changed_.notify_all();
  }
}

}  // namespace sessiond
