// What a process itself makes of a session is seen by its very next check: the whole application, as the daemon wires
// it, with a real Redis that has been kept from telling it of any change.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "application.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/secret.h"
#include "lasting_state.h"
#include "prepare.h"
#include "session/signed_cookie.h"
#include "support/poll_loop.h"
#include "support/redis_server.h"
#include "support/session_ids.h"
#include "support/soon.h"
#include "support/temporary_folder.h"

namespace sessiond {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr char kSecret[] = "a secret of at least 32 bytes, here";
/// "correct horse"
constexpr char kHash[] = "$2y$04$DohYbeYw2a0QpZnD7b/bqOAIuaCko2NH3uzom8bH8MtvVFp2lDT2K";

std::string signedCookie(const std::string& id) {
  const Secret secret{std::string(kSecret)};
  return "connect.sid=" + CookieSigner(std::span(&secret, 1)).sign(idOf(id));
}

using Params = std::vector<std::pair<std::string, std::string>>;

class OwnWrites : public testing::Test, private Loader::Client {
 protected:
  void SetUp() override {
    write("secret", kSecret);
    write("htpasswd", std::string("ada:") + kHash + ":id=7\n");
    // So long is what is in memory believed that Redis says nothing of.
    write("sessiond.yaml", R"({
      listen: {socket: ")" + folder_ / "sessiond.sock" +
                               R"("},
      redis: {url: ")" + server_.unixUrl() +
                               R"(", connect_timeout: 5s, command_timeout: 5s},
      session: {secret_files: [secret], cache: {max_staleness: 60s}},
      login: {authenticators: [htpasswd], htpasswd_file: htpasswd},
      api: {enabled: true, allow_without_token: true, may_change_user: true},
      sessiond: {control_socket: ")" +
                               folder_ / "control.sock" + R"("}
    })");
    auto prepared = prepare(folder_ / "sessiond.yaml", ListeningSocket::kOurOwn, clock_);
    ASSERT_TRUE(prepared) << prepared.error().front().message;
    application_ = Application::build(*std::move(prepared), lasting_, clock_, metrics_);
    loader_ = application_->makeLoader(loop_, static_cast<Loader::Client&>(*this));
    server_.command({"SET", "sess:mine", R"({"cookie":{},"user":{"id":"7","roles":["staff"]}})"});
    ASSERT_TRUE(soon([this] { return isAnsweredFromMemory(); }));
    // The subscription ends, and no other one begins.
    server_.command({"ACL", "SETUSER", "default", "-subscribe"});
    server_.command({"CLIENT", "KILL", "TYPE", "pubsub"});
    ASSERT_TRUE(isAnsweredFromMemory());
    ASSERT_THAT(check(), HasSubstr("X-User-Roles: staff\r\n"));
  }

  /// Status and header lines. On the lane and on a worker, as the route says.
  std::string answer(const Params& params, std::string_view body = {}) {
    std::vector<Param> views;
    for (const auto& [name, value] : params) views.push_back({name, value});
    Exchange exchange;
    exchange.request.params = views;
    exchange.request.body = body;
    switch (application_->receive(exchange)) {
      case Route::kAnswered:
        break;
      case Route::kLoad:
        concluded_ = false;
        loader_->load(exchange);
        loader_->flush();
        while (!concluded_) loop_.run(milliseconds(1));  // ends: a load has its budget
        break;
      case Route::kWork:
      case Route::kPassword:
      case Route::kReturning:
        application_->work(exchange);
        break;
    }
    return std::to_string(exchange.response.status) + "\r\n" + exchange.response.headers.lines();
  }

  std::string check() {
    loader_->noteUse();
    loop_.run(milliseconds(0));
    return answer({{"SESSIOND_ENDPOINT", "auth"}, {"SESSIOND_TOUCH", "off"}, {"HTTP_COOKIE", cookie_}});
  }
  std::string post(const std::string& endpoint, std::string_view body = {}) {
    return answer({{"SESSIOND_ENDPOINT", endpoint},
                   {"REQUEST_METHOD", "POST"},
                   {"CONTENT_TYPE", body.empty() ? "" : "application/json"},
                   {"HTTP_ACCEPT", "application/json"},
                   {"HTTP_COOKIE", cookie_},
                   {"SESSIOND_ADDR", "127.0.0.1"},
                   {"SESSIOND_SCHEME", "http"},
                   {"SESSIOND_HOST", "127.0.0.1"}},
                  body);
  }
  std::string patch(std::string_view change) {
    return answer({{"SESSIOND_ENDPOINT", "session"},
                   {"REQUEST_METHOD", "PATCH"},
                   {"CONTENT_TYPE", "application/merge-patch+json"},
                   {"HTTP_COOKIE", cookie_}},
                  change);
  }
  bool isAnsweredFromMemory() {
    Counter& hits = metrics_.counter("sessiond_cache_hits_total", "");
    const std::uint64_t before = hits.read();
    check();
    return hits.read() > before;
  }

 private:
  void concluded(Exchange&) override { concluded_ = true; }
  void failed(Exchange&) override {
    ADD_FAILURE() << "an exception";
    concluded_ = true;
  }
  void write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }

  RedisServer server_;
  const TemporaryFolder folder_;
  const SystemClock clock_ = {};
  MetricsRegistry metrics_;
  LastingState lasting_{clock_, metrics_};
  std::shared_ptr<Application> application_;
  PollLoop loop_;
  std::unique_ptr<Loader> loader_;
  const std::string cookie_ = signedCookie("mine");
  bool concluded_ = false;
};

TEST_F(OwnWrites, APatchIsSeenByTheNextCheck) {
  ASSERT_THAT(patch(R"({"user":{"roles":["staff","admin"]}})"), StartsWith("200\r\n"));
  EXPECT_THAT(check(), HasSubstr("X-User-Roles: staff,admin\r\n"));
}

TEST_F(OwnWrites, ALoginOverASessionIsSeenByTheNextCheckOfThatSession) {
  ASSERT_THAT(post("login", R"({"user":"ada","password":"correct horse"})"), StartsWith("200\r\n"));
  EXPECT_THAT(check(), HasSubstr("X-Session-Status: revoked\r\n"));
}

TEST_F(OwnWrites, ALogoutIsSeenByTheNextCheck) {
  ASSERT_THAT(post("logout"), StartsWith("204\r\n"));
  EXPECT_THAT(check(), HasSubstr("X-Session-Status: revoked\r\n"));
}

}  // namespace
}  // namespace sessiond
