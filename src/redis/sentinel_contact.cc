#include "redis/sentinel_contact.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/named_thread.h"
#include "base/random.h"
#include "redis/error_reply.h"
#include "redis/redis_connection.h"

namespace sessiond {

namespace {

using namespace std::chrono_literals;
using Type = RedisReply::Type;

/// To connect, and for an answer.
constexpr milliseconds kPatience = 200ms;
constexpr milliseconds kFirstPause = 100ms;
constexpr milliseconds kLongestPause = 800ms;
/// How long the end of the contact may take while nothing comes.
constexpr milliseconds kSubscriptionSlice = 50ms;
/// A learned sentinel that is silent for so long is forgotten; the others name it again if it is one of them.
constexpr auto kForgottenAfter = 60s;

/// So that many daemons do not come back in step.
milliseconds withJitter(milliseconds time) {
  return time - milliseconds(randomBelow(static_cast<std::uint32_t>(time.count() / 2 + 1)));
}

/// Until somebody changes a configuration, ours or the sentinel's.
bool lacksRights(const std::string& refusal) {
  return classifyError(refusal).meaning == ErrorMeaning::kMisconfigured;
}

std::string_view adviceOn(const std::string& refusal) {
  return lacksRights(refusal) ? "redis: a sentinel refuses what it is asked; check redis.sentinel.user and "
                                "redis.sentinel.password_file, and the user's rights there"
                              : "redis: a sentinel does not say who is the primary; check redis.sentinel.master";
}

}  // namespace

RedisSettings settingsForSentinel(const std::string& name, const SentinelSettings& config, const TlsSettings& tls) {
  RedisSettings settings;
  settings.url = redisUrlOf(name, config.tls);
  settings.tls = tls;
  settings.tls.asked_by = TlsSettings::kBySentinel;
  settings.user = config.user;
  settings.password = config.password.clone();
  settings.allow_replica = true;  // it is neither that nor a primary
  settings.connect_timeout = kPatience;
  settings.command_timeout = kPatience;
  return settings;
}

SentinelContact::SentinelContact(const RedisAddress& address, const SentinelSettings& config, const TlsSettings& tls,
                                 milliseconds interval, bool lasting, Observer observer, const Clock& clock)
    : name_(address.name()),
      master_(config.master),
      interval_(interval),
      lasting_(lasting),
      observer_(std::move(observer)),
      clock_(clock),
      client_(settingsForSentinel(address.name(), config, tls), clock, unshown_),
      log_(kLogInterval),
      nowhere_log_(kLogInterval),
      last_answer_(clock.steadyNow()),
      thread_(startThread("sentinel", [this](const std::stop_token& stop) { run(stop); })) {}

SentinelContact::~SentinelContact() {
  thread_.request_stop();
  thread_.join();
}

void SentinelContact::run(const std::stop_token& stop) {
  milliseconds backoff = kFirstPause;
  while (!stop.stop_requested()) {
    const SteadyTime before = last_answer_;
    const Outcome outcome = follow(stop);
    const bool forgotten = !lasting_ && clock_.steadyNow() - last_answer_ > kForgottenAfter;
    if (outcome == Outcome::kUseless || forgotten) break;
    backoff = last_answer_ != before ? kFirstPause : std::min(backoff * 2, kLongestPause);
    sleepFor(withJitter(backoff), stop);
  }
  over_.store(true, std::memory_order_release);
}

/// Asks until something is wrong.
SentinelContact::Outcome SentinelContact::follow(const std::stop_token& stop) {
  std::unique_ptr<RedisConnection> subscription;
  std::unique_ptr<RedisConnection> asking;
  for (std::unique_ptr<RedisConnection>* const one : {&asking, &subscription}) {
    if (one == &subscription && !may_subscribe_) continue;
    auto dialled = client_.dial();
    if (!dialled) {
      noteSilence(dialled.error().text, dialled.error().kind == ConnectionError::Kind::kRejected);
      return Outcome::kLost;
    }
    *one = *std::move(dialled);
  }
  if (subscription != nullptr) {
    RedisCommands commands;
    for (const std::string_view channel : kSwitchChannels) commands.add({"SUBSCRIBE", channel});
    refused_channels_ = 0;
    if (!subscription->post(commands, client_.newDeadline())) return Outcome::kLost;
  }
  Outcome outcome = Outcome::kStopped;
  while (!stop.stop_requested()) {
    if (!ask(*asking, outcome)) return outcome;
    if (!waitForWord(subscription, stop)) return Outcome::kLost;
  }
  return Outcome::kStopped;
}

/// False: that was all, with this outcome.
bool SentinelContact::ask(RedisConnection& connection, Outcome& outcome) {
  RedisCommands commands;
  writeSentinelQuestions(master_, commands);
  RedisReplies replies;
  const SteadyTime asked = clock_.steadyNow();
  outcome = Outcome::kLost;
  if (const auto done = connection.exchange(commands, replies, asked, asked + kPatience); !done) {
    noteSilence(done.error().text, false);
    return false;
  }
  const auto view = readSentinelView(replies);
  if (!view) {
    noteSilence(view.error(), true);
    return true;
  }
  noteAnswer();
  noteNowhere(view->nowhere);
  outcome = Outcome::kUseless;
  return observer_.told(*view, asked);
}

/// Until it is time to ask again. False: the subscription is lost.
bool SentinelContact::waitForWord(std::unique_ptr<RedisConnection>& subscription, const std::stop_token& stop) {
  const SteadyTime until = clock_.steadyNow() + withJitter(interval_);
  RedisReplies messages;
  while (!stop.stop_requested()) {
    const SteadyTime now = clock_.steadyNow();
    if (now >= until) return true;
    if (subscription == nullptr) {
      sleepFor(std::chrono::ceil<milliseconds>(until - now), stop);
      continue;
    }
    if (!subscription->listen(messages, std::min(until, now + kSubscriptionSlice))) return false;
    if (read(messages, subscription)) return true;
  }
  return true;
}

/// True: a primary has changed. Which one, and whether it is ours, is asked for.
bool SentinelContact::read(const RedisReplies& messages, std::unique_ptr<RedisConnection>& subscription) {
  for (const RedisReply& message : messages) {
    if (message.type == Type::kError) {
      noteTrouble(message.text, true);
      if (++refused_channels_ < kSwitchChannels.size()) continue;
      may_subscribe_ = false;
      subscription.reset();
      return false;
    }
    if (!message.elements.empty() && message.elements[0].text == "message") return true;
  }
  return false;
}

/// It says nothing of the primary.
void SentinelContact::noteSilence(const std::string& text, bool refused) {
  NodePlace::Refusal refusal;
  if (refused && lacksRights(text)) {
    refusal.why.append(adviceOn(text)).append(" (").append(name_);
    refusal.why.append(" says: ").append(withoutArguments(text)).append(")");
  } else if (refused && text.starts_with("ERR No such master")) {
    refusal = {.why = text, .may_pass = true};
  }
  observer_.refused(std::move(refusal));
  noteTrouble(text, refused);
}

void SentinelContact::noteTrouble(const std::string& text, bool refused) {
  if (!log_.pass(clock_.steadyNow())) return;
  told_of_trouble_ = true;
  if (!refused) return logWarn("redis: a sentinel does not answer", {{"sentinel", name_}, {"error", text}});
  logWarn(adviceOn(text), {{"sentinel", name_}, {"master", master_}, {"error", text}});
}

void SentinelContact::noteAnswer() {
  last_answer_ = clock_.steadyNow();
  if (std::exchange(told_of_trouble_, false)) {
    logInfo("redis: a sentinel answers again", {{"sentinel", name_}, {"master", master_}});
  }
}

void SentinelContact::noteNowhere(const std::vector<std::string>& addresses) {
  if (addresses.empty() || !nowhere_log_.pass(clock_.steadyNow())) return;
  logWarn("redis: a sentinel names another one at what is no address; check its sentinel announce-ip",
          {{"sentinel", name_}, {"master", master_}, {"address", addresses[0]}});
}

}  // namespace sessiond
