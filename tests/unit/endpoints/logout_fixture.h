// A logout endpoint with stores that are stubborn or slow when a test wants it.

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "endpoints/account/logout.h"

#include <chrono>
#include <memory>
#include <string>

#include "http/cookie_header.h"
#include "support/passing_store.h"
#include "unit/endpoints/endpoint_fixture.h"

namespace sessiond {

using std::chrono::hours;
using std::chrono::seconds;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using testing::UnorderedElementsAre;

const std::string kCleared =
    "connect.sid=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax";
const std::pair<std::string, std::string> kBrowser = {"HTTP_ACCEPT", "text/html,application/xhtml+xml,*/*;q=0.8"};

const std::pair<std::string, std::string> kForm = {"CONTENT_TYPE", "application/x-www-form-urlencoded"};

/// A store that cannot revoke one session, or cannot load some times.
class StubbornStore final : public PassingStore {
 public:
  StubbornStore(SessionStore& store, SessionId stubborn) : PassingStore(store), stubborn_(std::move(stubborn)) {}
  void load(std::span<SessionLoad> loads) override {
    store_.load(loads);
    if (failing_loads <= 0) return;
    --failing_loads;
    for (SessionLoad& load : loads) load.result = Unexpected(StoreError::kTimeout);
  }
  void revoke(std::span<SessionRevocation> revocations) override {
    for (SessionRevocation& one : revocations)
      if (one.id != stubborn_) one.result = store_.revoke(one.id, one.tombstone_ttl);
  }

  int failing_loads = 0;

 private:
  const SessionId stubborn_;
};

/// A store whose revocations take their time.
class SlowStore final : public PassingStore {
 public:
  SlowStore(SessionStore& store, FakeClock& clock, seconds each) : PassingStore(store), clock_(clock), each_(each) {}
  void revoke(std::span<SessionRevocation> revocations) override {
    clock_.advance(each_);
    store_.revoke(revocations);
  }

 private:
  FakeClock& clock_;
  const seconds each_;
};

class LogoutTest : public EndpointFixture {
 protected:
  LogoutTest() { build(store_); }
  void build(SessionStore& store) { build(store, index_); }
  void build(SessionStore& store, UserSessionIndex& index) {
    ender_ = std::make_unique<SessionEnder>(
        SessionEnderParts{.settings = settings_.session,
                          .tombstones = TombstoneLifetime::from(settings_.session, settings_.cookie, settings_.logout),
                          .store = store,
                          .index = index,
                          .log_key = log_key_,
                          .clock = clock_,
                          .metrics = metrics_});
    finder_ = sessionFinder(store);
    pages_ = std::make_unique<LogoutPages>(book_, VisitorFinder(*finder_, settings_.session), settings_.cookie.secure);
    endpoint_ = std::make_unique<LogoutEndpoint>(LogoutParts{.settings = settings_,
                                                             .pages = *pages_,
                                                             .finder = *finder_,
                                                             .signer = signer_,
                                                             .ender = *ender_,
                                                             .log_key = log_key_,
                                                             .metrics = metrics_});
  }
  void begin(std::string_view id, const std::string& user, const std::string& cookie = R"({"originalMaxAge":null})") {
    store_.put(idOf(id), R"({"cookie":)" + cookie + R"(,"user":{"id":")" + user + R"("}})", hours(1));
    ASSERT_TRUE(noteSession(user, idOf(id)));
  }
  Response post(const Params& params, const std::string& body = "") { return ask(*endpoint_, "POST", params, body); }
  bool lives(std::string_view id) { return store_.value(idOf(id)).has_value(); }

  std::unique_ptr<SessionEnder> ender_;
  const PageBook book_ = pageBook();
  std::unique_ptr<SessionFinder> finder_;
  std::unique_ptr<LogoutPages> pages_;
  std::unique_ptr<LogoutEndpoint> endpoint_;
};

}  // namespace sessiond
