// The auth endpoint with a store in memory, as a lane has it.

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "endpoints/auth/auth.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/log.h"
#include "http/safe_redirect.h"
#include "support/fake_clock.h"
#include "support/fake_loop.h"
#include "support/secrets.h"
#include "support/session_ids.h"

namespace sessiond {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// What stands in the store for an id.
struct FakeStored {
  std::optional<CheckStatus> absence = CheckStatus::kUnknown;
  std::string json = {};
};

/// Sessions by id; what is not here is unknown. Answers at once.
class FakeLaneStore final : public LaneStore {
 public:
  struct Contents {
    std::map<std::string, FakeStored> sessions;
    std::vector<std::size_t> batches;
    std::vector<std::pair<std::string, seconds>> touches;
    std::function<void()> before_touch;
    std::vector<TouchOutcome> outcomes;  ///< of the next touches; behind them: touched
    std::set<std::string> unaskable;     ///< there is no memory to ask for these
    bool tracked = false;                ///< StoreBatch's
  };

  explicit FakeLaneStore(Contents& contents) : contents_(contents) {}

  using LaneStore::groupOf;
  Group groupOf(const SessionLoad& load) const override {
    if (contents_.unaskable.contains(load.id->bytes())) throw std::bad_alloc();
    return kMixed;
  }
  void send(StoreBatch& batch, SteadyTime, Client& client) override {
    if (!batch.loads.empty()) contents_.batches.push_back(batch.loads.size());
    for (SessionLoad& load : batch.loads) {
      const FakeStored& stored = contents_.sessions[load.id->bytes()];
      if (stored.absence == CheckStatus::kUnavailable) continue;
      load.result = StoredSession{.revoked = stored.absence == CheckStatus::kRevoked};
      if (!stored.absence) load.result->json = stored.json;
      if (load.wants_ttl) load.result->ttl = hours(1);
    }
    for (KeyTouch& touch : batch.touches) {
      if (contents_.before_touch) contents_.before_touch();
      contents_.touches.emplace_back(touch.id->bytes(), touch.ttl);
      touch.result = TouchOutcome::kTouched;
      if (contents_.outcomes.empty()) continue;
      touch.result = contents_.outcomes.front();
      contents_.outcomes.erase(contents_.outcomes.begin());
    }
    batch.tracked = contents_.tracked;
    client.answered(batch);
  }

 private:
  Contents& contents_;
};

class AuthEndpointTest : public testing::Test, public Loader::Client {
 protected:
  AuthEndpointTest() {
    settings_.identity = {{.name = "X-User-Id", .from = "/user/id", .required = true},
                          {.name = "X-User-Roles", .from = "/user/roles"}};
    settings_.policies = {{.name = "default"},
                          {.name = "admin", .roles_any = {"admin"}},
                          {.name = "open", .require_session = false},
                          {.name = "fresh", .max_auth_age = hours(1)}};
    settings_.cookie.same_site = SameSite::kUnset;
  }

  /// The endpoint is made at the first use, so that a test can change the settings before.
  AuthEndpoint& endpoint() {
    if (!endpoint_) {
      extractor_.emplace(settings_.extractionRules());
      endpoint_.emplace(settings_, parts());
    }
    return *endpoint_;
  }

  AuthParts parts() {
    reader_.emplace(*extractor_, TombstoneLifetime{}, revoked_, epoch_, log_names_, metrics_,
                    [](const SessionId&, seconds) {});
    return {.signer = signer_,
            .extractor = *extractor_,
            .loader = {.cache = cache_,
                       .reader = *reader_,
                       .throttle = throttle_,
                       .late = late_touches_,
                       .metrics = loader_metrics_,
                       .clock = clock_,
                       .budget = milliseconds(750)},
            .make_lane_store = [this](EventLoop&) { return std::make_unique<FakeLaneStore>(source_); },
            .metrics = metrics_,
            .refusals = refusals_};
  }
  Loader& loader() {
    if (!loader_) loader_ = endpoint().makeLoader(loop_, *this);
    return *loader_;
  }

  void concluded(Exchange&) override { ++concluded_; }
  void failed(Exchange&) override { FAIL() << "an exception"; }

  void store(const std::string& id, const std::string& json) { source_.sessions[id] = {.absence = {}, .json = json}; }
  void trustMemory() { trust_.prove(trust_.era() == 0 ? trust_.beginEra() : trust_.era(), clock_.steadyNow()); }
  /// Keeps it in memory as if it had been loaded, to be found by its cookie or by its id alone.
  void remember(const std::string& id, const FoundSession& found, bool by_cookie = true) {
    trustMemory();
    const SessionId session_id = idOf(id);
    const auto note = cache_.note(session_id, clock_.steadyNow());
    cache_.keep(session_id, note, found, by_cookie ? cookieOf(id) : "", true, clock_.steadyNow());
  }
  FoundSession found(const std::string& id, const std::string& json, bool by_cookie = true) {
    endpoint();
    return {.absence = {},
            .session = KnownSession::make(idOf(id), extractor_->extract(json), by_cookie ? cookieOf(id) : ""),
            .ends = clock_.steadyNow() + hours(1)};
  }

  std::string cookieOf(const std::string& id) { return signer_.sign(idOf(id)); }

  Response ask(std::vector<std::pair<std::string, std::string>> params, Role role = Role::kResponder) {
    std::vector<Param> views;
    for (const auto& [name, value] : params) views.push_back({name, value});
    Exchange exchange;
    exchange.request = {.role = role, .params = views, .body = {}};
    route_ = endpoint().receive(exchange);
    if (route_ == Route::kLoad) {
      const int before = concluded_;
      loader().load(exchange);
      loader().flush();
      EXPECT_EQ(concluded_, before + 1);
    }
    return exchange.response;
  }
  Response askWith(const std::string& id, const std::string& policy = "") {
    return ask(
        {{"HTTP_COOKIE", "connect.sid=" + cookieOf(id)}, {"SESSIOND_POLICY", policy}, {"SESSIOND_URI", "/a?b=1&c=2"}});
  }

  static constexpr const char* kAda = R"({"cookie":{"originalMaxAge":null,"expires":null,"httpOnly":true,"path":"/"},)"
                                      R"("user":{"id":"7","roles":["staff","ops"]}})";

  FakeClock clock_;
  MetricsRegistry metrics_;
  std::vector<Secret> secrets_ = secretsOf({"the newest secret of all the secrets", "an older secret, still good"});
  CookieSigner signer_{secrets_};
  FakeLaneStore::Contents source_;
  CacheTrust trust_{seconds(1)};
  SessionCache cache_{CacheLimits{}, trust_};
  HmacKey log_names_{Secret(std::string("key for the names in logs"))};
  RevokedSessions revoked_{clock_, metrics_};
  LoginEpoch epoch_;
  std::optional<FactsReader> reader_;
  TouchThrottle throttle_{seconds(60)};
  LateTouches late_touches_;
  LoaderMetrics loader_metrics_{metrics_};
  FakeLoop loop_;
  SiteSettings settings_;
  std::optional<FactsExtractor> extractor_;
  std::optional<AuthEndpoint> endpoint_;
  std::unique_ptr<Loader> loader_;
  int concluded_ = 0;
  Route route_ = Route::kWork;
  RefusalLog* refusals_ = nullptr;
};

}  // namespace sessiond
