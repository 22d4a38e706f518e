// FactsExtractor: from a session's JSON to SessionFacts, once a load.
//
// Identity values: strings, numbers (their text), true and false. An array of those is joined; null in it is an empty
// element. Objects, and arrays that hold more than those, pass only encoded, as JSON text. null and nothing give an
// empty value. What would not be safe or not be clear is left out: the header is there, empty, and counted:
//   - a value with CR, LF or NUL in it (other control characters, C1 included, are removed);
//   - a joined array one of whose elements contains the separator: it would read as two elements;
//   - an object without encoding;
//   - a value beyond the budget: identity_max_bytes counts values as sent, in the configured order; what still fits
//     behind a value that was left out is sent.
// Names that come twice on the way to anything that is decided by (user, roles, identity, match), or inside an object
// that would be sent, make the session corrupt.

#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "session/identity_value.h"
#include "session/session_facts.h"
#include "session/session_policy.h"

namespace sessiond {

/// A plain value.
struct IdentityHeader {
  std::string name;
  std::string from;  ///< JSON Pointer
  std::string join = ",";
  IdentityEncoding encode = IdentityEncoding::kUtf8;
  bool required = false;
};

/// A plain value: what the configuration says about reading a session.
struct ExtractionRules {
  std::string user_at = "/user";         ///< JSON Pointer
  std::string roles_at = "/user/roles";  ///< JSON Pointer to an array of strings, or one string
  std::vector<IdentityHeader> identity;
  std::size_t identity_max_bytes = 6 * 1024;
  std::size_t max_bytes = 256 * 1024;
  std::chrono::seconds idle_timeout{86400};
  std::vector<SessionPolicy> policies;
};

/// Immutable and thread-safe.
class FactsExtractor {
 public:
  /// REQUIRES: every pointer is one (JsonPointer::parse), every match value is JSON of a scalar, every header name
  /// is a token, at most kMaxPolicies policies.
  explicit FactsExtractor(ExtractionRules rules);
  FactsExtractor(FactsExtractor&&) noexcept;
  ~FactsExtractor();

  SessionFacts extract(std::string_view json) const;
  /// What a request without a login sends under an optional policy: every identity header, empty.
  const SessionFacts& nobody() const { return nobody_; }

 private:
  struct Prepared;
  std::unique_ptr<const Prepared> prepared_;
  SessionFacts nobody_;
};

}  // namespace sessiond
