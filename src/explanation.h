// Why a request with these cookies is let in or refused: the session check's own steps, each in words. Nothing is
// changed by it, and neither a secret nor a session's id is said.
//
// The daemon explains by what it has in memory; sessionctl, where no daemon runs, with nothing in memory.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/crypto.h"
#include "config/config.h"
#include "redis/redis_keys.h"
#include "session/check_status.h"
#include "session/facts_reader.h"
#include "session/login_epoch.h"
#include "session/revoked_sessions.h"
#include "session/session_cache.h"
#include "session/session_handles.h"
#include "session/session_store.h"

namespace sessiond {

/// A plain value.
struct CheckQuestion {
  std::string cookies;             ///< of the Cookie header
  std::string policy = "default";  ///< as nginx names it
  std::string url;                 ///< that was asked for
};

struct ExplainedStep {
  std::string name;
  std::string says;
};

/// A plain value.
struct ExplainedCheck {
  CheckStatus status{};
  bool is_granted = false;
  bool as_nobody = false;  ///< granted, without knowing who it is
  int code = 0;
  std::vector<ExplainedStep> steps;
  std::vector<std::string> headers;  ///< of the check's answer
};

/// All outlive the call.
struct ExplanationParts {
  const Config& config;
  SessionStore& store;
  const RevokedSessions& revoked;
  LoginEpoch& epoch;
  const FactsReader::Stands& stands;
  const RedisKeys& keys;
  const HmacKey& log_key;
  const SessionHandles& handles;
  const Clock& clock;
  SessionCache* cache = nullptr;  ///< null: nothing is in memory
};

/// Waits for the store.
ExplainedCheck explainCheck(const ExplanationParts& parts, const CheckQuestion& question);

// Over the control socket, a line each; a question is one word.

std::string wordOf(const CheckQuestion& question);
/// nullopt: it is none.
std::optional<CheckQuestion> checkQuestionIn(std::string_view word);
std::vector<std::string> linesOf(const ExplainedCheck& check);
/// nullopt: another version's.
std::optional<ExplainedCheck> explainedCheckIn(const std::vector<std::string>& lines);

}  // namespace sessiond
