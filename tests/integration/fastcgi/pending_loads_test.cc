// Loads that a lane begins by itself and goes on with when their descriptor has something to read.

#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <stdexcept>
#include <thread>

#include "base/guarded.h"
#include "integration/fastcgi/test_server.h"

namespace sessiond {
namespace {

using std::chrono::milliseconds;

/// What a test knows of one load that was begun, and how it ends it.
class Begun {
 public:
  explicit Begun(std::size_t batch, int outcome) : size(batch), event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (outcome != 0) end(outcome > 0 ? Pending::State::kDone : Pending::State::kFailed);
  }

  int fd() const { return event_.get(); }
  void end(Pending::State state) {
    state_ = state;
    wake();
  }
  void wake() {
    const std::uint64_t one = 1;
    ASSERT_EQ(::write(event_.get(), &one, sizeof one), static_cast<ssize_t>(sizeof one));
  }
  Pending::State advance() {
    std::uint64_t count = 0;
    EXPECT_EQ(::read(event_.get(), &count, sizeof count), static_cast<ssize_t>(sizeof count));
    ++advances;
    return state_;
  }

  const std::size_t size;
  std::atomic<int> advances = 0;
  std::atomic<bool> destroyed = false;

 private:
  const UniqueFd event_;
  std::atomic<Pending::State> state_ = Pending::State::kWaiting;
};

class FakePending final : public Pending {
 public:
  FakePending(std::shared_ptr<Begun> begun, SteadyTime deadline) : begun_(std::move(begun)), deadline_(deadline) {}
  ~FakePending() override { begun_->destroyed = true; }
  int fd() const override { return begun_->fd(); }
  SteadyTime deadline() const override { return deadline_; }
  State advance() override { return begun_->advance(); }

 private:
  const std::shared_ptr<Begun> begun_;
  const SteadyTime deadline_;
};

class PendingLoads : public testing::Test {
 protected:
  PendingLoads() { use(*server_.handler, 204); }

  /// Concluded with `status`; what a loader has loaded says so.
  void use(LambdaHandler& handler, int status) {
    handler.on_receive = routeByParam;
    handler.on_begin_load = [this](std::span<Exchange* const> batch) { return begin(batch); };
    handler.on_load = [this](std::span<Exchange* const> batch) { loaded_ += static_cast<int>(batch.size()); };
    handler.on_conclude = [status](Exchange& exchange) { exchange.response = Response(status); };
  }
  std::unique_ptr<Pending> begin(std::span<Exchange* const> batch) {
    auto begun = std::make_shared<Begun>(batch.size(), outcome_);
    begun_.lock()->push_back(begun);
    return std::make_unique<FakePending>(begun, server_.clock.steadyNow() + patience_);
  }
  std::shared_ptr<Begun> begun(std::size_t number) {
    EXPECT_TRUE(eventually([&] { return begun_.lock()->size() > number; }));
    return begun_.lock()->at(number);
  }
  FastcgiClient send() {
    FastcgiClient client = server_.connect();
    EXPECT_TRUE(client.send(TestRequest{.params = {{"R", "load"}}, .keep = true}.bytes()));
    return client;
  }
  std::vector<FastcgiClient> sendSome(int count) {
    std::vector<FastcgiClient> clients;
    for (int i = 0; i < count; ++i) clients.push_back(send());
    std::this_thread::sleep_for(milliseconds(20));  // until the lane has received them; if not, the test still holds
    return clients;
  }

  Guarded<std::vector<std::shared_ptr<Begun>>> begun_;
  std::atomic<int> loaded_ = 0;
  std::atomic<int> outcome_ = 0;  // of every load at once: 1 done, -1 failed
  milliseconds patience_{60'000};
  TestServer server_{Transport::kUnix, {.lanes = 1, .loaders = 1}};
};

TEST_F(PendingLoads, AreConcludedWhenTheyAreDone) {
  server_.start();
  FastcgiClient client = send();
  begun(0)->wake();
  ASSERT_TRUE(eventually([&] { return begun(0)->advances == 1; }));
  EXPECT_FALSE(client.receive(milliseconds(20)));
  begun(0)->end(Pending::State::kDone);
  EXPECT_EQ(client.receive()->status(), 204);
  EXPECT_TRUE(begun(0)->destroyed);
  EXPECT_EQ(loaded_, 0);
}

TEST_F(PendingLoads, GoToALoaderWhenNothingComesOfThem) {
  server_.start();
  FastcgiClient client = send();
  begun(0)->end(Pending::State::kFailed);
  EXPECT_EQ(client.receive()->status(), 204);
  EXPECT_EQ(loaded_, 1);
}

TEST_F(PendingLoads, GoToALoaderAfterTheirDeadline) {
  patience_ = milliseconds(50);
  server_.start();
  FastcgiClient client = send();
  EXPECT_EQ(client.receive()->status(), 204);
  EXPECT_EQ(loaded_, 1);
  EXPECT_TRUE(begun(0)->destroyed);
  EXPECT_EQ(begun(0)->advances, 0);
}

TEST_F(PendingLoads, GatherTheNextBatchMeanwhile) {
  server_.start();
  FastcgiClient first = send();
  begun(0);
  std::vector<FastcgiClient> next = sendSome(3);
  EXPECT_EQ(begun_.lock()->size(), 1U);
  begun(0)->end(Pending::State::kDone);
  EXPECT_EQ(first.receive()->status(), 204);
  EXPECT_EQ(begun(1)->size, 3U);
  begun(1)->end(Pending::State::kDone);
  for (FastcgiClient& client : next) EXPECT_EQ(client.receive()->status(), 204);
  EXPECT_EQ(loaded_, 0);
}

TEST_F(PendingLoads, TakeNoMoreThanTheLargestBatch) {
  server_.start();
  FastcgiClient first = send();
  begun(0);
  std::vector<FastcgiClient> next = sendSome(70);
  outcome_ = 1;
  begun(0)->end(Pending::State::kDone);
  for (FastcgiClient& client : next) EXPECT_EQ(client.receive()->status(), 204);
  for (const auto& each : *begun_.lock()) EXPECT_LE(each->size, 64U);
  EXPECT_EQ(loaded_, 0);
}

TEST_F(PendingLoads, BeginAlsoOnALaneThatNeverComesToRest) {
  // Each of the two clients' requests has the other one ask again before it is answered.
  std::array<FastcgiClient*, 2> busy{};
  std::atomic<int> rounds = 0;
  server_.handler->on_receive = [&](Exchange& exchange) {
    const std::string_view number = exchange.request.paramOrEmpty("BUSY");
    if (!number.empty() && rounds < 500 && begun_.lock()->empty()) {
      ++rounds;
      const std::size_t other = number == "0" ? 1 : 0;
      busy[other]->send(TestRequest{.params = {{"BUSY", std::to_string(other)}}, .keep = true}.bytes());
    }
    return routeByParam(exchange);
  };
  outcome_ = 1;
  server_.start();
  FastcgiClient first = server_.connect();
  FastcgiClient second = server_.connect();
  busy = {&first, &second};
  FastcgiClient client = server_.connect();
  ASSERT_TRUE(first.send(TestRequest{.params = {{"BUSY", "0"}}, .keep = true}.bytes()));
  ASSERT_TRUE(client.send(TestRequest{.params = {{"R", "load"}}, .keep = true}.bytes()));
  EXPECT_EQ(client.receive()->status(), 204);
  EXPECT_LT(rounds, 500);
}

TEST_F(PendingLoads, AreOfOneHandlerEach) {
  const std::weak_ptr<LambdaHandler> watched = server_.handler;
  server_.start();
  FastcgiClient first = send();
  begun(0);
  std::vector<FastcgiClient> old = sendSome(2);
  auto replacement = std::make_shared<LambdaHandler>();
  use(*replacement, 403);
  server_.replaceHandler(replacement);
  server_.handler.reset();
  std::vector<FastcgiClient> fresh = sendSome(2);
  EXPECT_FALSE(watched.expired());
  outcome_ = 1;
  begun(0)->end(Pending::State::kDone);
  for (FastcgiClient& client : old) EXPECT_EQ(client.receive()->status(), 204);
  for (FastcgiClient& client : fresh) EXPECT_EQ(client.receive()->status(), 403);
  EXPECT_TRUE(eventually([&] { return watched.expired(); }));
}

TEST_F(PendingLoads, AnExceptionSendsThemToALoader) {
  server_.handler->on_begin_load = [](std::span<Exchange* const>) -> std::unique_ptr<Pending> {
    throw std::runtime_error("begin is broken");
  };
  server_.start();
  FastcgiClient client = send();
  EXPECT_EQ(client.receive()->status(), 204);
  EXPECT_EQ(loaded_, 1);
  EXPECT_EQ(server_.metrics().handler_errors.read(), 1U);
}

TEST_F(PendingLoads, SurviveAPeerThatLeaves) {
  server_.start();
  { const FastcgiClient gone = send(); }
  begun(0)->end(Pending::State::kDone);
  EXPECT_TRUE(eventually([&] { return server_.metrics().open.read() == 0; }));
  outcome_ = 1;
  EXPECT_EQ(send().receive()->status(), 204);
}

TEST_F(PendingLoads, AreFinishedAtAStop) {
  server_.start();
  FastcgiClient first = send();
  begun(0);
  std::vector<FastcgiClient> next = sendSome(2);
  std::jthread stopping([&] { EXPECT_TRUE(server_->drain(milliseconds(10'000))); });
  std::this_thread::sleep_for(milliseconds(20));
  outcome_ = 1;
  begun(0)->end(Pending::State::kDone);
  EXPECT_EQ(first.receive()->status(), 204);
  for (FastcgiClient& client : next) EXPECT_EQ(client.receive()->status(), 204);
}

TEST_F(PendingLoads, AStopWithoutPatienceWaitsForTheirDeadline) {
  patience_ = milliseconds(300);
  server_.start();
  FastcgiClient client = send();
  begun(0);
  EXPECT_FALSE(server_->drain(milliseconds(0)));
  EXPECT_TRUE(begun(0)->destroyed);
}

}  // namespace
}  // namespace sessiond
