// FactsExtractor: from a session's JSON to SessionFacts, once a load.
//
// Identity values pass exactly as they stand or are lost (identity_value.h). A value is lost, too, beyond the budget:
// identity_max_bytes counts values as sent; headers that are refused when they are lost come first, then required ones,
// each in the configured order, and what still fits behind a value that did not is sent.
// Names that come twice on the way to anything that is decided by (user, roles, identity, match), or inside an object
// that would be sent, make the session corrupt.

#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "session/identity_header.h"
#include "session/session_facts.h"
#include "session/session_policy.h"
#include "session/session_settings.h"

namespace sessiond {

/// A plain value: what the configuration says about reading a session.
struct ExtractionRules : RecordSettings {
  std::vector<IdentityHeader> identity;
  std::vector<SessionPolicy> policies;
};

/// Immutable and thread-safe.
class FactsExtractor {
 public:
  /// REQUIRES: every pointer is one (JsonPointer::parse), every match value is JSON of a scalar, every header name
  /// is a token, at most kMaxPolicies policies and kMaxIdentityHeaders headers.
  explicit FactsExtractor(ExtractionRules rules);
  FactsExtractor(FactsExtractor&&) noexcept;
  ~FactsExtractor();

  SessionFacts extract(std::string_view json) const;
  /// What a request without a login sends under an optional policy: every identity header, empty.
  const SessionFacts& nobody() const { return nobody_; }
  /// The identity headers, in the order of SessionFacts::identity_lost.
  std::vector<std::string> identityNames() const;
  /// Those by which every check would refuse a session that a login is about to begin, by name, with spaces between:
  /// a value that is refused for being lost, or a required one that the user lacks. One that stands elsewhere than in
  /// the user may come from an application yet.
  std::string headersThatRefuse(const SessionFacts& facts) const;
  /// A larger session is damaged (ExtractionRules::max_bytes).
  std::size_t maxBytes() const;

 private:
  struct Prepared;
  std::unique_ptr<const Prepared> prepared_;
  SessionFacts nobody_;
};

}  // namespace sessiond
