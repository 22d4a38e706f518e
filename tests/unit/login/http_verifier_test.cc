#include "login/http_verifier.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/secret.h"
#include "login/authenticator_chain.h"

namespace sessiond {
namespace {

using namespace std::chrono_literals;

constexpr const char* kSilentHost = "silent.example";
constexpr auto kSilence = 10s;

/// A name server that says nothing until it is released, or kSilence is over. Never destroyed: whom it keeps waiting
/// may outlive the test.
class SilentNameServer {
 public:
  static SilentNameServer& instance() {
    static auto* const server = new SilentNameServer;
    return *server;
  }

  void keepWaiting() {
    std::unique_lock lock(mutex_);
    asked_ = true;
    changed_.notify_all();
    changed_.wait_for(lock, kSilence, [this] { return released_; });
  }
  bool wasAsked() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kSilence, [this] { return asked_; });
  }
  void release() {
    const std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool asked_ = false;
  bool released_ = false;
};

}  // namespace
}  // namespace sessiond

/// This program's own, which libcurl finds before the C library's.
// NOLINTNEXTLINE(readability-identifier-naming): the C library's name
extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints, addrinfo** found) {
  if (name != nullptr && std::string_view(name) == sessiond::kSilentHost) {
    sessiond::SilentNameServer::instance().keepWaiting();
    return EAI_AGAIN;
  }
  static const auto next = reinterpret_cast<decltype(&getaddrinfo)>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  return next(name, service, hints, found);
}

namespace sessiond {
namespace {

TEST(HttpVerifier, AnAnswerNamesAUserByAnObjectWithAnId) {
  const auto user = userIn(R"( {"id":42,"name":"Ada","roles":["staff"],"more":{"a":[1.50]}} )");
  ASSERT_TRUE(user);
  EXPECT_EQ(user->json, R"({"id":42,"name":"Ada","roles":["staff"],"more":{"a":[1.50]}})") << "as it came";
  EXPECT_TRUE(user->auth.empty()) << "nobody could tell whether that is still so";
  EXPECT_TRUE(userIn(R"({"id":"ada"})"));
  for (const char* none : {"", "true", "[]", "[{\"id\":1}]", "{}", R"({"id":""})", R"({"id":null})", R"({"id":{}})",
                           R"({"id":1,"id":2})", R"({"id":1,"x":{"a":1,"a":2}})",
                           R"({"id":1})"
                           "x",
                           R"({"id":1)"}) {
    EXPECT_FALSE(userIn(none)) << none;
  }
}

TEST(HttpVerifier, NoTwoUsersBecomeOneByWhatUtf8CannotSay) {
  for (const char* none : {"{\"id\":\"M\xFCller\"}", "{\"id\":\"M\xF6ller\"}", R"({"id":"M\ud800ller"})",
                           R"({"id":"M\udc00ller"})", "{\"id\":1,\"name\":\"M\xFCller\"}"})
    EXPECT_FALSE(userIn(none)) << none;
  for (const char* some : {R"({"id":"Müller"})", R"({"id":"M\u00fcller"})", R"({"id":"\ud83d\ude00"})"})
    EXPECT_TRUE(userIn(some)) << some;
}

TEST(HttpVerifier, AnyOtherStatusMayBeANoOfAnApplicationThatLookedAtThePassword) {
  for (const long outage : {429, 502, 503, 504}) EXPECT_TRUE(isOfAnOutage(outage)) << outage;
  for (const long answer : {200, 204, 302, 400, 401, 403, 404, 422, 428, 430, 500, 501, 505, 599})
    EXPECT_FALSE(isOfAnOutage(answer)) << answer;
}

TEST(HttpVerifier, ASilentNameServerHoldsNobodyUp) {
  HttpVerifierSettings settings;
  settings.url = std::string("https://") + kSilentHost + "/verify";
  settings.timeout = 200ms;
  const HmacKey log_key{Secret(std::string("a key for names in the log, long"))};
  SystemClock clock;
  HttpVerifier verifier(settings, log_key, clock);
  const auto began = std::chrono::steady_clock::now();
  const auto answer = verifier.authenticate({.name = "ada", .password = "x"});
  const auto took = std::chrono::steady_clock::now() - began;
  const bool asked = SilentNameServer::instance().wasAsked();
  SilentNameServer::instance().release();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error(), AuthenticationFailure::kUnavailable) << "nothing was sent";
  EXPECT_TRUE(asked);
  EXPECT_LT(took, kSilence / 2);
}

class FixedAuthenticator final : public Authenticator {
 public:
  FixedAuthenticator(Expected<User, AuthenticationFailure> answer, int& asked, int* waited = nullptr)
      : answer_(std::move(answer)), asked_(asked), waited_(waited) {}
  Expected<User, AuthenticationFailure> authenticate(const Credentials&) override {
    ++asked_;
    return answer_;
  }
  void passTheTimeOfARefusal() override {
    if (waited_ != nullptr) ++*waited_;
  }

 private:
  const Expected<User, AuthenticationFailure> answer_;
  int& asked_;
  int* const waited_;
};

TEST(AuthenticatorChain, WhatCannotBeANameOrAPasswordReachesNobody) {
  int asked = 0;
  std::vector<std::unique_ptr<Authenticator>> links;
  links.push_back(std::make_unique<FixedAuthenticator>(User{.json = "{}"}, asked));
  AuthenticatorChain chain(std::move(links));
  const std::string_view with_nul("ada\0b", 5);
  for (const std::string_view name : {std::string_view(), std::string_view("a\nb"), std::string_view("ada\x01"),
                                      with_nul, std::string_view("ada\xff"), std::string_view("ada\xc2\x85")}) {
    const auto answer = chain.authenticate({.name = name, .password = "x"});
    ASSERT_FALSE(answer) << name;
    EXPECT_EQ(answer.error(), AuthenticationFailure::kUnknownUser);
  }
  const std::string long_one(512, 'x');
  for (const std::string_view password : {std::string_view(), std::string_view(long_one), with_nul})
    EXPECT_FALSE(chain.authenticate({.name = "ada", .password = password}));
  EXPECT_EQ(asked, 0);
  EXPECT_TRUE(chain.authenticate({.name = "ada", .password = "x"}));
}

TEST(AuthenticatorChain, TheFirstWhoKnowsTheNameDecides) {
  const User ada{.json = "{}"};
  const struct {
    Expected<User, AuthenticationFailure> first;
    Expected<User, AuthenticationFailure> second;
    Expected<User, AuthenticationFailure> all;
    int second_asked;
    int second_waited;
  } cases[] = {
      {ada, Unexpected(AuthenticationFailure::kWrongPassword), ada, 0, 0},
      {Unexpected(AuthenticationFailure::kUnknownUser), ada, ada, 1, 0},
      {Unexpected(AuthenticationFailure::kWrongPassword), ada, Unexpected(AuthenticationFailure::kWrongPassword), 0, 1},
      {Unexpected(AuthenticationFailure::kLocked), ada, Unexpected(AuthenticationFailure::kLocked), 0, 1},
      {Unexpected(AuthenticationFailure::kDamaged), ada, Unexpected(AuthenticationFailure::kDamaged), 0, 1},
      {Unexpected(AuthenticationFailure::kUnavailable), ada, Unexpected(AuthenticationFailure::kUnavailable), 0, 0},
      {Unexpected(AuthenticationFailure::kNoVerdict), ada, Unexpected(AuthenticationFailure::kNoVerdict), 0, 0},
      {Unexpected(AuthenticationFailure::kUnknownUser), Unexpected(AuthenticationFailure::kUnknownUser),
       Unexpected(AuthenticationFailure::kUnknownUser), 1, 0},
  };
  for (const auto& one : cases) {
    int first_asked = 0;
    int second_asked = 0;
    int second_waited = 0;
    std::vector<std::unique_ptr<Authenticator>> links;
    links.push_back(std::make_unique<FixedAuthenticator>(one.first, first_asked));
    links.push_back(std::make_unique<FixedAuthenticator>(one.second, second_asked, &second_waited));
    AuthenticatorChain chain(std::move(links));
    const auto answer = chain.authenticate({.name = "ada", .password = "x"});
    EXPECT_EQ(answer.hasValue(), one.all.hasValue());
    if (!answer && !one.all) {
      EXPECT_EQ(answer.error(), one.all.error());
    }
    EXPECT_EQ(first_asked, 1);
    EXPECT_EQ(second_asked, one.second_asked);
    EXPECT_EQ(second_waited, one.second_waited) << "time tells that the first has decided";
  }
}

}  // namespace
}  // namespace sessiond
