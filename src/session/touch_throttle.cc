#include "session/touch_throttle.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <string_view>

namespace sessiond {

namespace {

using Tenths = std::chrono::duration<std::int64_t, std::deci>;

/// Session ids are random or chosen by whoever holds a secret, so an unkeyed hash will do.
std::uint64_t hashOf(std::string_view id) {
  return std::hash<std::string_view>()(id);
}

std::uint32_t tagOf(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash >> 32) | 1U;  // never 0, which means empty
}

std::uint64_t pack(std::uint32_t tag, std::uint32_t tenths) {
  return static_cast<std::uint64_t>(tag) << 32 | tenths;
}

std::uint32_t inTenths(std::chrono::nanoseconds duration) {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<Tenths>(duration).count());
}

}  // namespace

TouchThrottle::TouchThrottle(std::chrono::seconds interval, std::size_t sessions) : interval_(interval) {
  const std::size_t buckets = std::bit_ceil(std::max<std::size_t>(1, sessions / kWays));
  mask_ = buckets - 1;
  buckets_ = std::make_unique<Bucket[]>(buckets);
}

std::chrono::milliseconds TouchThrottle::waitOf(std::chrono::seconds ttl) const {
  return std::min<std::chrono::milliseconds>(interval_, std::chrono::milliseconds(ttl) / 10);
}

TouchThrottle::Answer TouchThrottle::look(std::string_view id, std::chrono::seconds ttl, SteadyTime now) const {
  const std::uint64_t hash = hashOf(id);
  const std::uint32_t time = inTenths(now.time_since_epoch());
  const std::chrono::milliseconds wait = waitOf(ttl);
  for (const std::atomic<std::uint64_t>& slot : bucketOf(hash).slots) {
    const std::uint64_t value = slot.load(std::memory_order_relaxed);
    if (value >> 32 != tagOf(hash)) continue;
    const auto age = static_cast<std::uint32_t>(time - static_cast<std::uint32_t>(value));
    return {age >= inTenths(wait), now + wait - Tenths(age), wait};
  }
  return {true, now + wait, wait};
}

TouchThrottle::Answer TouchThrottle::ask(std::string_view id, std::chrono::seconds ttl, SteadyTime now) {
  const std::uint64_t hash = hashOf(id);
  const std::uint32_t tag = tagOf(hash);
  const std::uint32_t time = inTenths(now.time_since_epoch());
  const std::chrono::milliseconds wait = waitOf(ttl);

  std::atomic<std::uint64_t>* oldest = nullptr;
  std::uint64_t oldest_value = 0;
  std::uint32_t oldest_age = 0;
  for (std::atomic<std::uint64_t>& slot : bucketOf(hash).slots) {
    std::uint64_t value = slot.load(std::memory_order_relaxed);
    const auto age = static_cast<std::uint32_t>(time - static_cast<std::uint32_t>(value));
    if (value >> 32 == tag) {
      if (age < inTenths(wait)) return {false, now + wait - Tenths(age), wait};
      return {slot.compare_exchange_strong(value, pack(tag, time), std::memory_order_relaxed), now + wait, wait};
    }
    const std::uint32_t rank = value == 0 ? UINT32_MAX : age;
    if (oldest == nullptr || rank > oldest_age) {
      oldest = &slot;
      oldest_value = value;
      oldest_age = rank;
    }
  }
  oldest->compare_exchange_strong(oldest_value, pack(tag, time), std::memory_order_relaxed);
  return {true, now + wait, wait};
}

void TouchThrottle::forget(std::string_view id) {
  const std::uint64_t hash = hashOf(id);
  for (std::atomic<std::uint64_t>& slot : bucketOf(hash).slots) {
    std::uint64_t value = slot.load(std::memory_order_relaxed);
    if (value >> 32 == tagOf(hash)) slot.compare_exchange_strong(value, 0, std::memory_order_relaxed);
  }
}

}  // namespace sessiond
