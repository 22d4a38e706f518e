#include "redis/redis_client.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "base/log.h"
#include "redis/command_pieces.h"
#include "redis/error_reply.h"
#include "redis/node_attempt.h"
#include "redis/redirect.h"

namespace sessiond {
namespace {

using namespace std::chrono_literals;

/// More are never idle at a time unless callers come and go in waves; beyond it they are closed.
constexpr std::size_t kMaxIdle = 64;
/// A primary may become a replica without closing a connection; what it says then may be old.
constexpr auto kRoleAge = 1s;
constexpr int kMinimumMajorVersion = 6;
constexpr const char* kLacksReplicas = "NOREPLICAS too few replicas follow this server, as far as is known";
constexpr std::string_view kUnknownCommand = "ERR unknown command";

/// Of an answer, when the node has become another server meanwhile: whether that one knows of it cannot be told.
ConnectionError moved() {
  return {ConnectionError::Kind::kTimeout, "another server is the primary by now"};
}

StartupReport reportOf(const ConnectionError& error, const RedisNode& node) {
  return reportOf(error, node.server(), adviceOn(classifyError(error.text), node.topology()));
}

StartupReport reportOfFrontEnd(const RedisNode& node) {
  return {StartupProbe::kLimited, "redis: " + node.server() +
                                      " closes a connection at HELLO: a front end, behind which sessiond needs Redis "
                                      "6.0 or newer; it is believed only while what is behind it takes writes"};
}

/// Was anything done with any key? Not where all are another node's, say.
bool wroteAny(const RedisCommands& commands, const RedisReplies& replies) {
  const std::vector<CommandPiece> pieces = piecesOf(commands);
  for (std::size_t i = 0; i < pieces.size(); ++i)
    if (pieces[i].slot && replies[i].type != RedisReply::Type::kError) return true;
  return false;
}

/// Empty, or one that cannot be read: nobody can tell, and it will do.
StartupReport judgeVersion(std::string_view version, const RedisNode& node) {
  int major = 0;
  const bool known = std::from_chars(version.data(), version.data() + version.size(), major).ec == std::errc();
  if (!known || major >= kMinimumMajorVersion) return {};
  return {StartupProbe::kMisconfigured,
          "redis: " + node.server() + " has version " + std::string(version) +
              ", but sessiond needs 6.0 or newer; missing: SET KEEPTTL, ACL users, CLIENT TRACKING"};
}

}  // namespace

RedisClient::RedisClient(const RedisSettings& config, std::string probe_key, const Clock& clock,
                         MetricsRegistry& metrics)
    : clock_(clock), node_(config, std::move(probe_key), clock, metrics) {}

RedisClient::~RedisClient() = default;

StartupReport reportOf(const ConnectionError& error, const std::string& server, std::string_view advice) {
  if (error.kind != ConnectionError::Kind::kRejected) {
    return {StartupProbe::kUnreachable, "redis: " + server + " is not reachable: " + error.text};
  }
  const bool stays = classifyError(error.text).meaning == ErrorMeaning::kMisconfigured;
  return {stays ? StartupProbe::kMisconfigured : StartupProbe::kUnreachable,
          std::string(advice) + " (" + server + " says: " + error.text + ")"};
}

Expected<void, StoreError> RedisClient::pipeline(const RedisCommands& commands, Repeat repeat, RedisReplies& replies,
                                                 SteadyTime deadline) {
  Replication none;
  return pipeline(commands, repeat, replies, clock_.steadyNow(), deadline, none);
}

Expected<std::uint32_t, StoreError> RedisClient::replicate(const RedisCommands& commands, Repeat repeat,
                                                           RedisReplies& replies, std::uint32_t wanted,
                                                           SteadyTime deadline) {
  Replication replication{.wanted = wanted};
  const auto done = pipeline(commands, repeat, replies, clock_.steadyNow(), deadline, replication);
  if (!done) return Unexpected(done.error());
  const std::uint32_t reached = replication.reached.value_or(0);
  if (replication.reached && reached < wanted) node_.reports().noteUnreplicated(reached, wanted);
  return reached;
}

Expected<void, StoreError> RedisClient::pipeline(const RedisCommands& commands, Repeat repeat, RedisReplies& replies,
                                                 SteadyTime start, SteadyTime deadline, Replication& replication) {
  NodeAttempt asked(node_, start);
  if (!asked) return Unexpected(StoreError::kUnavailable);
  const auto done = attemptIfBelieved(commands, repeat, replies, start, deadline, replication);
  if (!done) return Unexpected(asked.failed(done.error(), clock_.steadyNow()));
  return asked.answered(replies, clock_.steadyNow());
}

/// First asks for what is in doubt. Of a server that is not believed, the replies are its refusals.
Expected<void, ConnectionError> RedisClient::attemptIfBelieved(const RedisCommands& commands, Repeat repeat,
                                                               RedisReplies& replies, SteadyTime start,
                                                               SteadyTime deadline, Replication& replication) {
  if (node_.writes().lackReplicas()) {
    RedisCommands probe;
    const std::string key = node_.writes().probe(probe);
    Replication none;
    auto done = attempt(probe, Repeat::kSafe, replies, start, deadline, none);
    if (!done) return done;
    const bool takes_writes = node_.writes().judge(replies[0]);
    node_.writes().noteRedirect(replies[0], key);
    if (!takes_writes) {
      // Of where the probe's key is, nobody has asked.
      if (redirectIn(replies[0])) replies[0].text = kLacksReplicas;
      const RedisReply refusal = replies[0];
      replies.assign(commands.count(), refusal);
      return {};
    }
    start = clock_.steadyNow();
  }
  return attempt(commands, repeat, replies, start, deadline, replication);
}

Expected<void, ConnectionError> RedisClient::attempt(const RedisCommands& commands, Repeat repeat,
                                                     RedisReplies& replies, SteadyTime start, SteadyTime deadline,
                                                     Replication& replication) {
  auto proven = takeProven(deadline);
  if (!proven) return Unexpected(proven.error());
  Pooled pooled = *std::move(proven);
  if (pooled.connection != nullptr) {
    auto done = exchange(pooled, commands, replies, clock_.steadyNow(), deadline);
    const bool had_ended = !done && done.error().kind == ConnectionError::Kind::kClosed;
    // What a server says that has just ceased to be the node is nothing.
    const bool elsewhere = done && (!leadsToNode(pooled) || node_.role().shouldTryElsewhere(replies, start));
    if (!done || elsewhere) lose();
    if (repeat == Repeat::kUnsafe || (!had_ended && !elsewhere)) {
      if (!done) return done;
      auto concluded = conclude(pooled, commands, replies, deadline, replication);
      if (concluded || repeat == Repeat::kUnsafe) return concluded;
      lose();
    }
    pooled.connection.reset();
  }
  auto connected = connect(deadline);
  if (!connected) return Unexpected(connected.error());
  pooled = *std::move(connected);
  if (auto shown = prove(pooled, deadline); !shown) return shown;
  if (auto done = exchange(pooled, commands, replies, clock_.steadyNow(), deadline); !done) return done;
  return conclude(pooled, commands, replies, deadline, replication);
}

Expected<void, ConnectionError> RedisClient::prove(Pooled& pooled, SteadyTime deadline) {
  const SteadyTime now = clock_.steadyNow();
  const bool must_write = node_.role().mustBeShown(pooled.tells_role);
  if (now < pooled.role_until || !(pooled.tells_role || must_write)) return {};
  RedisCommands commands;
  if (must_write) {
    node_.writes().probe(commands);
  } else {
    NodeRole::ask(commands);
  }
  RedisReplies replies;
  if (auto done = exchange(pooled, commands, replies, now, deadline); !done) return done;
  if (must_write) {
    if (auto reason = NodeRole::judgeShown(replies[0])) return Unexpected(*std::move(reason));
  } else if (node_.role().isDeniedBy(replies[0])) {
    return Unexpected(refusedByReplica());
  }
  pooled.role_until = now + kRoleAge;
  return {};
}

Expected<RedisClient::Pooled, ConnectionError> RedisClient::renewIfDue(Pooled pooled, SteadyTime deadline) {
  const SteadyTime now = clock_.steadyNow();
  if (pooled.connection == nullptr || now < pooled.renew_at - RedisNode::kSuccessorLead) return pooled;
  // What the question itself may need is not spent on it.
  const SteadyTime limit = deadline - node_.commandTimeout();
  if (now >= limit || !successors_.pass(now)) return pooled;
  auto successor = connect(limit);
  if (successor || NodeGreeting::speaksAgainstPresent(successor.error())) return successor;
  node_.reports().noteFailure(successor.error());
  return pooled;
}

Expected<RedisClient::Pooled, ConnectionError> RedisClient::takeProven(SteadyTime deadline) {
  auto taken = renewIfDue(takeIdle(clock_.steadyNow()), deadline);
  if (!taken) return taken;
  Pooled pooled = *std::move(taken);
  if (pooled.connection == nullptr) return pooled;
  const auto proven = prove(pooled, deadline);
  if (proven) return pooled;
  lose();
  const ConnectionError::Kind kind = proven.error().kind;
  // Where it led there may be another server by now.
  if (kind == ConnectionError::Kind::kClosed || kind == ConnectionError::Kind::kRejected) return Pooled{};
  return Unexpected(proven.error());
}

Expected<void, ConnectionError> RedisClient::conclude(Pooled& pooled, const RedisCommands& commands,
                                                      const RedisReplies& replies, SteadyTime deadline,
                                                      Replication& replication) {
  if (!leadsToNode(pooled)) return Unexpected(moved());
  if (replication.wanted > 0 && wroteAny(commands, replies)) {
    const std::uint32_t reached = waitForReplicas(*pooled.connection, replication.wanted, deadline);
    // That takes long enough for a failover, and what was written before it may be nowhere by now.
    if (!leadsToNode(pooled)) return Unexpected(moved());
    replication.reached = reached;
  }
  if (!pooled.connection->broken()) giveBack(std::move(pooled));
  return {};
}

std::uint32_t RedisClient::waitForReplicas(RedisConnection& connection, std::uint32_t wanted, SteadyTime deadline) {
  const SteadyTime now = clock_.steadyNow();
  const auto left = std::min<SteadyTime::duration>(deadline - now, node_.commandTimeout());
  // A server that does nothing else notices up to 100 ms late that the time of a WAIT is up. None at all is for ever.
  constexpr milliseconds kServersDelay(125);
  const auto patience = std::chrono::duration_cast<milliseconds>(std::max(left - kServersDelay, left / 4));
  if (patience < milliseconds(1)) return 0;
  RedisCommands commands;
  commands.add({"WAIT", std::to_string(wanted), std::to_string(patience.count())});
  RedisReplies replies;
  if (!connection.exchange(commands, replies, now, now + left)) return 0;
  node_.noteErrors(replies);
  const bool is_number = replies[0].type == RedisReply::Type::kInteger && replies[0].integer > 0;
  return is_number ? static_cast<std::uint32_t>(replies[0].integer) : 0;
}

Expected<void, ConnectionError> RedisClient::exchange(Pooled& pooled, const RedisCommands& commands,
                                                      RedisReplies& replies, SteadyTime now, SteadyTime deadline) {
  return pooled.connection->exchange(commands, replies, now, std::min(deadline, now + node_.commandTimeout()));
}

Expected<RedisClient::Pooled, ConnectionError> RedisClient::connect(SteadyTime deadline) {
  const std::uint64_t generation = generation_.load(std::memory_order_relaxed);
  const SteadyTime connect_deadline = std::min(deadline, clock_.steadyNow() + node_.connectTimeout());
  bool plainly = node_.greeting().isPlain();
  const NodePlace::Ref place = node_.place().wait(connect_deadline);
  if (place == nullptr) return Unexpected(sentinelsAreSilent());
  for (;;) {
    auto link = place->connector->connect(connect_deadline);
    if (!link) return Unexpected(link.error());
    auto connection = std::make_unique<RedisConnection>(*std::move(link), node_.commandTimeout(), clock_);
    const auto greeted = greet(*connection, plainly, connect_deadline);
    if (!greeted) {
      if (!node_.greeting().shouldBePlainAfter(greeted.error(), plainly)) {
        return Unexpected(node_.greeting().explain(greeted.error(), *place));
      }
      plainly = true;
      continue;
    }
    const SteadyTime now = clock_.steadyNow();
    const SteadyTime role_until = *greeted ? now + kRoleAge : now;
    return Pooled{std::move(connection), generation, place->term, now + RedisNode::newAgeLimit(), role_until, *greeted};
  }
}

Expected<bool, ConnectionError> RedisClient::greet(RedisConnection& connection, bool plainly, SteadyTime deadline) {
  RedisCommands commands = node_.greeting().commands(plainly);
  RedisReplies replies;
  auto done = connection.exchange(commands, replies, clock_.steadyNow(), deadline);
  commands.wipe();
  if (!done) return Unexpected(connection.rejectionOr(done.error(), replies));
  return node_.greeting().judge(replies, plainly);
}

RedisClient::Pooled RedisClient::takeIdle(SteadyTime now) {
  std::vector<Pooled> old;  // closed after the lock is gone
  auto idle = idle_.lock();
  while (!idle->empty()) {
    Pooled pooled = std::move(idle->back());
    idle->pop_back();
    if (now < pooled.renew_at && leadsToNode(pooled)) return pooled;
    old.push_back(std::move(pooled));
  }
  return {};
}

void RedisClient::giveBack(Pooled pooled) {
  SESSIOND_CHECK(!pooled.connection->broken());  // what is still to come on it would answer somebody else
  auto idle = idle_.lock();
  // Not before the lock is held: whoever drops what is idle would not find this one yet.
  if (pooled.generation != generation_.load(std::memory_order_relaxed)) return;
  if (idle->size() < kMaxIdle) idle->push_back(std::move(pooled));
}

/// What happened to this connection has likely happened to all.
void RedisClient::lose() {
  dropIdle();
  node_.observers().tellLost();
}

void RedisClient::dropIdle() {
  generation_.fetch_add(1, std::memory_order_relaxed);
  std::vector<Pooled> dropped;  // closed after the lock is gone
  std::swap(*idle_.lock(), dropped);
}

Expected<std::unique_ptr<RedisConnection>, ConnectionError> RedisClient::dial() {
  auto connected = connect(newDeadline());
  if (!connected) return Unexpected(connected.error());
  node_.noteGoodNews();
  return std::move(connected->connection);
}

bool RedisClient::reachable() {
  RedisCommands commands;
  commands.add({"PING"});
  const bool asks_role = node_.greeting().mayAskForRole();
  if (asks_role) NodeRole::ask(commands);
  NodeWrites& writes = node_.writes();
  const std::string probed = writes.mustBeTaken() ? writes.probe(commands) : "";
  RedisReplies replies;
  if (!pipeline(commands, Repeat::kSafe, replies)) return false;
  if (writes.mustBeTaken()) {
    const bool takes_writes = writes.judge(replies.back());
    writes.noteRedirect(replies.back(), probed);
    if (!takes_writes) return false;
  }
  if (!asks_role || !node_.role().isDeniedBy(replies[1])) return true;
  renew();  // it was a primary when they were connected
  return false;
}

StartupReport RedisClient::probe(SteadyTime deadline) {
  auto connected = connect(deadline);
  if (const NodePlace::Refusal refusal = node_.place().refusal(); !connected && !refusal.why.empty())
    return {refusal.may_pass ? StartupProbe::kUnknown : StartupProbe::kMisconfigured, refusal.why};
  if (!connected) return reportOf(connected.error(), node_);
  if (const auto proven = prove(*connected, deadline); !proven) return reportOf(proven.error(), node_);
  RedisCommands commands;
  commands.add({"HELLO", "2"});  // without it the protocol is the same; asked for the version in the reply
  commands.add({"PING"});
  RedisReplies replies;
  if (auto done = exchange(*connected, commands, replies, clock_.steadyNow(), deadline); !done) {
    const bool closed = done.error().kind == ConnectionError::Kind::kClosed;
    return closed && node_.greeting().isPlain() ? reportOfFrontEnd(node_) : reportOf(done.error(), node_);
  }
  for (const RedisReply& reply : replies) {
    // An ACL user that may not ask for the version is no reason not to start.
    if (reply.type == RedisReply::Type::kError && classifyError(reply.text).scope == ErrorScope::kServer)
      return reportOf({ConnectionError::Kind::kRejected, reply.text}, node_);
  }
  const RedisReply& hello = replies[0];
  const bool knows_hello = hello.type != RedisReply::Type::kError || classifyError(hello.text).code != kUnknownCommand;
  StartupReport report =
      knows_hello ? judgeVersion(fieldOf(hello, "version"), node_) : judgeWithoutHello(*connected, deadline);
  if (report.outcome == StartupProbe::kOk) giveBack(*std::move(connected));
  return report;
}

/// It is older than 6.0, or a front end before a server of any version.
StartupReport RedisClient::judgeWithoutHello(Pooled& connection, SteadyTime deadline) {
  RedisCommands commands;
  commands.add({"INFO", "server"});
  RedisReplies replies;
  if (auto done = exchange(connection, commands, replies, clock_.steadyNow(), deadline); !done)
    return reportOf(done.error(), node_);
  const std::string_view version = fieldOf(replies[0].text, "redis_version");
  if (!version.empty()) return judgeVersion(version, node_);
  return {StartupProbe::kLimited, "redis: " + node_.server() +
                                      " does not know HELLO, nor say its version: a front end, behind which sessiond "
                                      "needs Redis 6.0 or newer, or a server that is older than that"};
}

}  // namespace sessiond
