#include "session/known_session.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <new>
#include <ratio>

#include "base/check.h"
#include "base/heap_bytes.h"

namespace sessiond {

namespace {

std::uint32_t sizeOf(std::string_view text) {
  SESSIOND_CHECK(text.size() <= std::numeric_limits<std::uint32_t>::max() / 8);  // far beyond session.max_bytes
  return static_cast<std::uint32_t>(text.size());
}

/// Of the steady clock, which begins with the machine: enough for eight years.
using Ticks = std::chrono::duration<std::int64_t, std::ratio<1, 16>>;

std::uint32_t ticksOf(SteadyTime time) {
  const std::int64_t ticks = std::chrono::floor<Ticks>(time.time_since_epoch()).count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(ticks, 0, std::numeric_limits<std::uint32_t>::max()));
}

SteadyTime timeOf(std::uint32_t ticks) {
  return SteadyTime(std::chrono::duration_cast<SteadyTime::duration>(Ticks(ticks)));
}

}  // namespace

KnownSession::KnownSession(const SessionFacts& facts)
    : facts_(facts),
      login_size_(static_cast<std::uint16_t>(facts.login.size())),
      cookie_flags_(facts.cookie),
      domain_size_(sizeOf(facts.cookie.domain)),
      path_size_(sizeOf(facts.cookie.path)),
      user_id_size_(sizeOf(facts.user_id)),
      cookie_max_age_(facts.cookie_max_age) {}

SessionRef KnownSession::make(const SessionId& id, const SessionFacts& facts, std::string_view cookie, TextHash text) {
  SESSIOND_CHECK(facts.login.size() <= SessionFacts::kLongestLogin);
  SESSIOND_CHECK(cookie.size() <= std::numeric_limits<std::uint16_t>::max());  // no signer takes one so long
  const HeaderLines identity = facts.identity;
  const std::size_t id_in_cookie = cookie.find(id.bytes());
  const std::string_view id_apart = id_in_cookie == std::string_view::npos ? id.bytes() : std::string_view();
  const std::size_t size = std::size_t{sizeOf(cookie)} + id_apart.size() + sizeOf(identity.text()) +
                           sizeOf(facts.cookie.domain) + sizeOf(facts.cookie.path) + sizeOf(facts.user_id) +
                           sizeOf(facts.login);
  void* const memory = ::operator new(sizeof(KnownSession) + size);
  auto* const session = ::new (memory) KnownSession(facts);
  char* end = static_cast<char*>(memory) + sizeof(KnownSession);
  const auto append = [&end](std::string_view part) { end = std::copy(part.begin(), part.end(), end); };
  append(cookie);
  append(id_apart);
  session->identity_ = identity.copiedTo(end);
  end += identity.text().size();
  append(facts.cookie.domain);
  append(facts.cookie.path);
  append(facts.user_id);
  append(facts.login);

  session->cookie_size_ = static_cast<std::uint16_t>(cookie.size());
  session->text_ = text;
  session->id_at_ = static_cast<std::uint32_t>(std::min(id_in_cookie, cookie.size()));
  session->id_size_ = static_cast<std::uint16_t>(id.bytes().size());
  return SessionRef(session);
}

void KnownSession::release() const {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  this->~KnownSession();
  ::operator delete(const_cast<KnownSession*>(this));
}

SessionId KnownSession::id() const {
  return *SessionId::fromBytes(idBytes());
}

CookieAttributes KnownSession::cookieAttributes() const {
  const char* const domain = afterIdentity();
  CookieAttributes attributes;
  static_cast<StoredCookieFlags&>(attributes) = cookie_flags_;
  attributes.domain.assign(domain, domain_size_);
  attributes.path.assign(domain + domain_size_, path_size_);
  return attributes;
}

bool KnownSession::mustBeIndexed(SteadyTime ends, SteadyTime now, SteadyTime lost) const {
  const std::uint32_t at = indexed_at_.load(std::memory_order_relaxed);
  const std::uint32_t end = indexed_end_.load(std::memory_order_relaxed);
  constexpr std::uint32_t kInterval = Ticks(kIndexInterval).count();
  if (at == 0 || (lost != SteadyTime::min() && at <= ticksOf(lost))) return true;
  return ticksOf(now) >= std::uint64_t{at} + kInterval || ticksOf(ends) > std::uint64_t{end} + kInterval;
}

void KnownSession::noteIndexed(SteadyTime ends, SteadyTime now) const {
  indexed_at_.store(std::max(ticksOf(now), 1U), std::memory_order_relaxed);
  indexed_end_.store(ticksOf(ends), std::memory_order_relaxed);
}

std::optional<SteadyTime> KnownSession::indexedAt() const {
  const std::uint32_t at = indexed_at_.load(std::memory_order_relaxed);
  if (at == 0) return std::nullopt;
  return timeOf(at + 1);
}

void KnownSession::noteLeftOut(SteadyTime met) const {
  if (indexed_at_.load(std::memory_order_relaxed) != 0) return;
  std::uint32_t never = 0;
  indexed_end_.compare_exchange_strong(never, ticksOf(met), std::memory_order_relaxed);
}

std::optional<SteadyTime> KnownSession::leftOutAt() const {
  const std::uint32_t at = indexed_end_.load(std::memory_order_relaxed);
  if (indexed_at_.load(std::memory_order_relaxed) != 0 || at == 0) return std::nullopt;
  return timeOf(at);
}

void KnownSession::noteIndexedLike(const KnownSession& before) const {
  if (before.userId() != userId()) return;
  indexed_at_.store(before.indexed_at_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  indexed_end_.store(before.indexed_end_.load(std::memory_order_relaxed), std::memory_order_relaxed);
}

std::size_t KnownSession::bytes() const {
  const char* const end = afterIdentity() + domain_size_ + path_size_ + user_id_size_ + login_size_;
  return heapBytes(static_cast<std::size_t>(end - reinterpret_cast<const char*>(this)));
}

}  // namespace sessiond
