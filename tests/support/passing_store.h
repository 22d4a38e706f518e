// PassingStore: a SessionStore that hands everything on to another one, for tests in which something happens between.

#pragma once

#include "session/session_store.h"

namespace sessiond {

/// As thread-safe as the other one, which must outlive it.
class PassingStore : public SessionStore {
 public:
  explicit PassingStore(SessionStore& store) : store_(store) {}

  void load(std::span<SessionLoad> loads) override { store_.load(loads); }
  Expected<void, StoreError> create(const SessionId& id, std::string_view json, std::chrono::seconds ttl) override {
    return store_.create(id, json, ttl);
  }
  Expected<ReplaceOutcome, StoreError> replace(const SessionId& id, std::string_view expected,
                                               std::string_view next) override {
    return store_.replace(id, expected, next);
  }
  using SessionStore::revoke;
  void revoke(std::span<SessionRevocation> revocations) override { store_.revoke(revocations); }
  Expected<std::uint64_t, StoreError> raiseEpoch(std::uint64_t at_least) override {
    return store_.raiseEpoch(at_least);
  }

 protected:
  SessionStore& store_;
};

}  // namespace sessiond
