// KnownSession: what is kept of a session between checks: its facts, and the texts that a check compares or sends.
//
// A million of them lie in memory, nearly all in nobody's processor cache, and what a check of one costs is the cache
// lines that it has to wait for. So a known session is one piece of memory with its texts behind it, in the order in
// which a check needs them, and is referred to by SessionRef, which counts inside that same piece:
//
//   | references, facts, sizes | cookie value | id | identity lines | domain | path | user's id | login |
//
// The id is not stored again where it stands in the cookie value as it is. What was rejected: shared_ptr and strings,
// each of which is a line of its own, found only through the one before.

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/siphash.h"
#include "http/header_block.h"
#include "session/cache_trust.h"
#include "session/cookie_attributes.h"
#include "session/session_facts.h"
#include "session/session_id.h"

namespace sessiond {

class SessionRef;

/// Thread-safe: immutable but for its references and what is remembered of the throttle's last answer, so that most
/// checks need not ask it. Lives as long as a SessionRef refers to it.
class KnownSession {
 public:
  /// `cookie`: the cookie's value as the client sent it, if the first secret verified it to this id; else empty.
  /// `text`: of what the facts were extracted from, where that is to be known again; else none.
  static SessionRef make(const SessionId& id, const SessionFacts& facts, std::string_view cookie, TextHash text = {});
  KnownSession(const KnownSession&) = delete;
  KnownSession& operator=(const KnownSession&) = delete;

  const DecisionFacts& facts() const { return facts_; }
  std::string_view cookie() const { return {texts(), cookie_size_}; }
  std::string_view idBytes() const { return {texts() + id_at_, id_size_}; }
  HeaderLines identity() const { return identity_; }
  /// Empty: nobody's, or without an id.
  std::string_view userId() const { return {afterIdentity() + domain_size_ + path_size_, user_id_size_}; }
  /// Of a session made by logging in as a user whom the store keeps, the name to ask for; of others empty.
  std::string_view login() const { return {afterIdentity() + domain_size_ + path_size_ + user_id_size_, login_size_}; }
  TextHash text() const { return text_; }
  // These two make a copy.
  SessionId id() const;
  CookieAttributes cookieAttributes() const;
  std::optional<std::chrono::milliseconds> cookieMaxAge() const { return cookie_max_age_; }

  bool mayBeTouched(SteadyTime now) const {
    return now.time_since_epoch().count() >= next_touch_.load(std::memory_order_relaxed);
  }
  void notBefore(SteadyTime next) const {
    next_touch_.store(next.time_since_epoch().count(), std::memory_order_relaxed);
  }

  /// How often that user had been told of when their password was last compared (SessionCache).
  std::uint32_t userChanges() const { return user_changes_.load(std::memory_order_relaxed); }
  void noteUserChanges(std::uint32_t changes) const { user_changes_.store(changes, std::memory_order_relaxed); }
  /// In which era of the trust in that user's server (trust_realms.h).
  CacheTrust::Era userEra() const { return user_era_.load(std::memory_order_relaxed); }
  void noteUserEra(CacheTrust::Era era) const { user_era_.store(era, std::memory_order_relaxed); }

  /// Has its user's index to be told that this session may live until `ends`? Now and then it has to, whether the end
  /// has moved or not, and where it was told no later than `lost`: the index may have been lost.
  bool mustBeIndexed(SteadyTime ends, SteadyTime now, SteadyTime lost) const;
  void noteIndexed(SteadyTime ends, SteadyTime now) const;
  /// When that was last, a tick later at most; absent: never.
  std::optional<SteadyTime> indexedAt() const;
  /// It was met at `met`, but there was no room to note it. Of one that was never noted the first time is known, a
  /// tick earlier at most, until it is.
  void noteLeftOut(SteadyTime met) const;
  std::optional<SteadyTime> leftOutAt() const;
  /// What was noted of the same session, when its text was another one.
  void noteIndexedLike(const KnownSession& before) const;
  static constexpr std::chrono::seconds kIndexInterval{60};
  static constexpr std::chrono::milliseconds kTick{63};  ///< or a little less

  /// Asks the processor for the lines that a check is going to read, before the first of them is waited for.
  void prefetch() const {
    constexpr std::size_t kLine = 64;
    constexpr std::size_t kLines = 6;  // as many as the usual session has
    for (std::size_t i = 0; i < kLines; ++i) __builtin_prefetch(reinterpret_cast<const char*>(this) + i * kLine);
  }
  /// What it takes from the heap.
  std::size_t bytes() const;

 private:
  friend class SessionRef;

  explicit KnownSession(const SessionFacts& facts);
  ~KnownSession() = default;

  const char* afterIdentity() const { return identity_.text().data() + identity_.text().size(); }
  const char* texts() const { return reinterpret_cast<const char*>(this + 1); }
  void refer() const { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() const;

  mutable std::atomic<std::uint32_t> references_ = 1;
  std::uint16_t cookie_size_ = 0;
  std::uint16_t id_size_ = 0;
  mutable std::atomic<SteadyTime::rep> next_touch_ = std::numeric_limits<SteadyTime::rep>::min();
  const DecisionFacts facts_;
  HeaderLines identity_;
  std::uint32_t id_at_ = 0;  ///< in texts()
  const std::uint16_t login_size_;
  const StoredCookieFlags cookie_flags_;
  const std::uint32_t domain_size_;
  const std::uint32_t path_size_;
  const std::uint32_t user_id_size_;
  mutable std::atomic<std::uint32_t> user_changes_ = 0;
  mutable std::atomic<CacheTrust::Era> user_era_ = 0;
  // In ticks; 0: never.
  mutable std::atomic<std::uint32_t> indexed_at_ = 0;
  mutable std::atomic<std::uint32_t> indexed_end_ = 0;  ///< of one that never was: when it was left out
  TextHash text_;
  const std::optional<std::chrono::milliseconds> cookie_max_age_;
};

/// A reference to a known session, or to none. A plain value; copies may be used by several threads.
class SessionRef {
 public:
  SessionRef() = default;
  SessionRef(const SessionRef& other) : session_(other.session_) {
    if (session_ != nullptr) session_->refer();
  }
  SessionRef(SessionRef&& other) noexcept : session_(std::exchange(other.session_, nullptr)) {}
  SessionRef& operator=(SessionRef other) noexcept {
    std::swap(session_, other.session_);
    return *this;
  }
  ~SessionRef() {
    if (session_ != nullptr) session_->release();
  }

  explicit operator bool() const { return session_ != nullptr; }
  const KnownSession& operator*() const { return *session_; }
  const KnownSession* operator->() const { return session_; }
  /// The very same one?
  bool operator==(const SessionRef& other) const = default;

 private:
  friend class KnownSession;
  explicit SessionRef(const KnownSession* session) : session_(session) {}

  const KnownSession* session_ = nullptr;
};

}  // namespace sessiond
