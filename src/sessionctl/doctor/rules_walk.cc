// The whole way, walked: a session is made in Redis, the daemon is asked about it through its socket as nginx would
// ask, its user's index is looked at, it is ended, and the daemon is asked again. Nothing stays behind, also when the
// doctor is interrupted. Should it be killed, the session ends by itself within a minute or two (max_staleness and
// more), and the index of its user, which holds nothing else, when no application could write it any more.

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "config/config_changes.h"
#include "fastcgi/question.h"
#include "json/json_pointer.h"
#include "session/check_status.h"
#include "session/new_session.h"
#include "session/signed_cookie.h"
#include "sessionctl/doctor/held_signals.h"
#include "sessionctl/doctor/rules.h"

namespace sessiond::ctl {
namespace {

constexpr std::chrono::seconds kPatience{10};
constexpr milliseconds kPause{20};

/// What applications find at session.user_at, so that the user's id stands where it is looked for; empty: that is
/// somewhere else.
std::string userWithId(const SessionSettings& session, const std::string& id) {
  const std::vector<std::string> user = JsonPointer::of(session.user_at).tokens();
  const std::vector<std::string> place = JsonPointer::of(session.userIdAt()).tokens();
  if (!std::ranges::equal(user, std::span(place).first(std::min(user.size(), place.size())))) return "";
  std::string json = jsonString(id);
  for (std::size_t i = place.size(); i > user.size(); --i) {
    std::string around = "{";
    around.append(jsonString(place[i - 1])).append(":").append(json).append("}");
    json = std::move(around);
  }
  return json;
}

/// A session of nobody who exists. Its end takes everything of it away.
class ProbeSession {
 public:
  explicit ProbeSession(const Installation& installation)
      : installation_(installation),
        site_(*installation.site),
        // It must not end by itself while its end is waited for.
        life_(std::chrono::ceil<std::chrono::seconds>(site_.config.session.cache.max_staleness) + 4 * kPatience),
        id_(SessionId::generate()),
        user_id_("sessionctl-doctor-" + site_.handles.of(id_)) {}
  ~ProbeSession() { remove(); }
  ProbeSession(const ProbeSession&) = delete;
  ProbeSession& operator=(const ProbeSession&) = delete;

  /// False: it was not made, and why is said.
  bool make(Verdict& verdict);
  struct Answer {
    std::string status;   ///< X-Session-Status; empty: there is none
    std::string failure;  ///< why
    bool came = false;    ///< an answer did
  };
  Answer askDaemon() const;
  bool isIndexed() const;
  bool end();

 private:
  void remove();

  const Installation& installation_;
  RedisSite& site_;
  const std::chrono::seconds life_;
  const SessionId id_;
  const std::string user_id_;
};

bool ProbeSession::make(Verdict& verdict) {
  const SessionSettings& session = site_.config.session;
  const std::string user = userWithId(session, user_id_);
  if (user.empty()) {
    verdict.cannotTell("session.user_id_at is not below session.user_at");
    return false;
  }
  const auto epoch = site_.store.raiseEpoch(0);
  const WallTime now = site_.clock.wallNow();
  NewSessionCookie cookie;
  cookie.original_max_age = life_;
  cookie.expires = now + life_;
  const LoginRecord login{
      .created = now, .address = {}, .auth = {}, .program = {}, .login = {}, .epoch = epoch.hasValue() ? *epoch : 0};
  const auto made = site_.store.create(id_, composeSession(cookie, user, login, session.user_at), life_);
  if (made) return true;
  verdict.fault("no session could be made in Redis, so nobody can log in",
                "sessionctl -c " + installation_.options.config_file + " doctor  # what else it says of Redis");
  return false;
}

ProbeSession::Answer ProbeSession::askDaemon() const {
  const CookieSigner signer(site_.config.session.secrets);
  const auto answer = askFastcgi(site_.config.listen.socket,
                                 {{"REQUEST_METHOD", "GET"},
                                  {"SCRIPT_NAME", "/sessiond/auth"},
                                  {"SESSIOND_ENDPOINT", "auth"},
                                  {"SESSIOND_POLICY", "default"},
                                  {"SESSIOND_URI", "/"},
                                  {"HTTP_COOKIE", site_.config.cookie.name + "=" + signer.sign(id_)}},
                                 kPatience);
  if (!answer) return {.status = "", .failure = answer.error(), .came = false};
  return {.status = answer->header("X-Session-Status"),
          .failure = "it answers a check with " + std::to_string(answer->status),
          .came = true};
}

bool ProbeSession::isIndexed() const {
  const auto listed = site_.index.list(user_id_, 1);
  return listed && std::ranges::find(*listed, id_) != listed->end();
}

bool ProbeSession::end() {
  return site_.store.revoke(id_, life_).hasValue();
}

void ProbeSession::remove() {
  RedisCommands commands;
  commands.add({"DEL", site_.keys.session(id_.bytes())});
  commands.add({"DEL", site_.keys.tombstone(id_.bytes())});
  commands.add({"DEL", site_.keys.index(user_id_)});
  RedisReplies ignored;
  static_cast<void>(site_.redis.pipeline(commands, Repeat::kSafe, ignored));
}

/// Whether the policy lets it in is not asked here: it was found, and whose it is.
bool isFound(std::string_view status) {
  constexpr std::array<CheckStatus, 5> kFound = {CheckStatus::kValid, CheckStatus::kForbidden, CheckStatus::kIncomplete,
                                                 CheckStatus::kLost, CheckStatus::kStale};
  return std::ranges::any_of(kFound, [status](CheckStatus one) { return nameOf(one) == status; });
}

bool isUnavailable(std::string_view status) {
  return status == nameOf(CheckStatus::kUnavailable);
}

bool becomesTrue(milliseconds patience, const std::function<bool()>& condition) {
  for (const auto end = SteadyClock::now() + patience; SteadyClock::now() < end;) {
    if (condition()) return true;
    std::this_thread::sleep_for(kPause);
  }
  return condition();
}

/// Files of which systemd has made the daemon a copy at its start; a reload reads that again.
bool usesCredentials(const Installation& installation) {
  return installation.isSystemds() && !optionsWithCredentials(installation.config()).empty();
}

/// Empty: nothing.
std::string whatPreventsIt(const Installation& installation) {
  const bool is_part = !installation.redis.empty() && installation.redis.front().value("cluster_enabled") == "1" &&
                       !installation.config().redis.cluster.used();
  if (installation.redis.empty() || installation.redis.front().value("role") == "slave" || is_part) {
    return "Redis is not to be used";
  }
  if (!installation.missing_rights.empty()) return "Redis does not allow all that is needed for it";
  if (installation.counter_error) return std::string(kNoCounter);
  return installation.why_no_answer.empty() ? "" : "sessiond does not answer";
}

std::string reloadOf(const Installation& installation) {
  return "sessionctl -c " + installation.options.config_file + " reload";
}

/// Does the daemon find the session, and its user all their sessions? False: it is no use going on.
bool lookAtItsBeginning(const Installation& installation, const ProbeSession& session, Verdict& verdict) {
  const auto [status, failure, came] = session.askDaemon();
  const std::string journal = "journalctl -u sessiond.service -n 20";
  if (!came) {
    verdict.cannotTell("sessiond does not answer: " + failure);
  } else if (status.empty()) {
    verdict.fault("sessiond cannot decide about a session: " + failure, journal);
  } else if (isUnavailable(status)) {
    verdict.fault("the daemon cannot ask Redis about a session, although Redis answers here", journal);
  } else if (!isFound(status)) {
    verdict.fault("a session that was just made is \"" + status +
                      "\" to the daemon: it runs with another Redis, key prefix, cookie name or secret than " +
                      installation.options.config_file + " says",
                  usesCredentials(installation) ? "systemctl restart sessiond.service" : reloadOf(installation));
  } else {
    if (!becomesTrue(kPatience, [&] { return session.isIndexed(); })) {
      verdict.fault("the session is let in, but stands in no index of its user: logging out everywhere misses it",
                    "journalctl -u sessiond.service | grep index");
    }
    return true;
  }
  return false;
}

void walk(const Installation& installation, Verdict& verdict) {
  if (const std::string prevents = whatPreventsIt(installation); !prevents.empty()) return verdict.cannotTell(prevents);
  const HeldSignals interruption;
  ProbeSession session(installation);
  if (!session.make(verdict) || !lookAtItsBeginning(installation, session, verdict)) return;
  // Not before it stands in the index, where the daemon would put it a moment later.
  if (interruption.any()) return;
  if (!session.end()) {
    return verdict.danger("the session could not be ended: no logout works", reloadOf(installation));
  }
  const milliseconds within = installation.config().session.cache.max_staleness;
  ProbeSession::Answer last;
  const bool is_refused = becomesTrue(within + kPatience, [&] {
    last = session.askDaemon();
    if (interruption.any()) return true;
    return !last.status.empty() && !isUnavailable(last.status) && !isFound(last.status);
  });
  if (is_refused) return;
  if (!isFound(last.status)) {
    verdict.cannotTell("sessiond no longer says anything of the session that was ended: " + last.failure);
  } else {
    verdict.danger("a session that was ended is still let in, longer than session.cache.max_staleness",
                   "systemctl restart sessiond.service");
  }
}

constexpr std::array<Rule, 1> kWalkRules = {{
    {"walk", "a session that is made is let in, and no more once it is ended", walk},
}};

}  // namespace

std::span<const Rule> walkRules() {
  return kWalkRules;
}

}  // namespace sessiond::ctl
