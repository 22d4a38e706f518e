#include "session/facts_extractor.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "base/check.h"
#include "json/json_duplicates.h"
#include "json/json_number.h"
#include "json/json_pointer.h"
#include "session/identity_value.h"
#include "session/session_record.h"
#include "session/user_id.h"

namespace sessiond {
namespace {

/// A scalar to compare with.
struct Scalar {
  JsonKind kind;
  std::string text;
};

Scalar scalarOf(std::string_view json) {
  const Expected<JsonTree, JsonError> tree = JsonTree::parse(json);
  SESSIOND_CHECK(tree && tree->root().isScalar());
  return {tree->root().kind(), std::string(tree->root().text())};
}

bool equals(JsonValue value, const Scalar& scalar) {
  if (value.kind() != scalar.kind) return false;
  return value.kind() == JsonKind::kNumber ? sameNumber(value.text(), scalar.text) : value.text() == scalar.text;
}

// Finds values in one session and notes whether all that was asked for could be found in one way only.
class Finder {
 public:
  explicit Finder(JsonValue root) : root_(root) {}

  std::optional<JsonValue> find(const JsonPointer& pointer) { return follow(root_, pointer, ambiguous_); }
  /// The same, for a value that is read whole.
  std::optional<JsonValue> findWhole(const JsonPointer& pointer) { return followWhole(root_, pointer, ambiguous_); }
  std::optional<SessionUser> findUser(const SessionOwner& owner) { return owner.find(root_, ambiguous_); }
  bool ambiguous() const { return ambiguous_; }

 private:
  JsonValue root_;
  bool ambiguous_ = false;
};

// An array's strings, or one string. What is no string is no role.
std::vector<std::string_view> rolesIn(const std::optional<JsonValue>& value) {
  std::vector<std::string_view> roles;
  if (!value) return roles;
  if (value->kind() == JsonKind::kString) roles.push_back(value->text());
  if (value->kind() != JsonKind::kArray) return roles;
  for (const JsonChild& child : value->children()) {
    if (child.value.kind() == JsonKind::kString) roles.push_back(child.value.text());
  }
  return roles;
}

bool holds(const std::vector<std::string_view>& roles, const std::string& role) {
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

bool holdsAny(const std::vector<std::string_view>& roles, const std::vector<std::string>& wanted) {
  return wanted.empty() ||
         std::any_of(wanted.begin(), wanted.end(), [&](const std::string& role) { return holds(roles, role); });
}

bool holdsAll(const std::vector<std::string_view>& roles, const std::vector<std::string>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& role) { return holds(roles, role); });
}

bool leadsInto(const JsonPointer& pointer, const JsonPointer& place) {
  const std::vector<std::string>& to = pointer.tokens();
  const std::vector<std::string>& through = place.tokens();
  return through.size() <= to.size() && std::equal(through.begin(), through.end(), to.begin());
}

SessionFacts only(CheckStatus state, RecordDamage damage = RecordDamage::kNone) {
  SessionFacts facts;
  facts.state = state;
  facts.damage = damage;
  return facts;
}

}  // namespace

// The rules with their pointers and values parsed.
struct FactsExtractor::Prepared {
  struct Header {
    IdentityHeader rule;
    JsonPointer from;
  };
  struct Match {
    JsonPointer at;
    Scalar expected;
  };
  struct Policy {
    std::vector<std::string> roles_any;
    std::vector<std::string> roles_all;
    std::vector<Match> matches;
  };

  explicit Prepared(ExtractionRules rules);
  static std::vector<std::size_t> importanceOf(const std::vector<Header>& headers);
  void fillIdentity(Finder& finder, SessionFacts& facts) const;
  std::uint64_t policiesMet(Finder& finder) const;
  HeaderBlock emptyIdentity() const;

  SessionOwner owner;
  JsonPointer roles_at;
  std::vector<Header> identity;
  std::vector<std::size_t> by_importance;  ///< places in `identity`: who may take of the budget first
  std::vector<Policy> policies;
  std::size_t identity_max_bytes;
  std::size_t max_bytes;
  std::chrono::seconds idle_timeout;
};

FactsExtractor::Prepared::Prepared(ExtractionRules rules)
    : owner(rules),
      roles_at(JsonPointer::of(rules.roles_at)),
      identity_max_bytes(rules.identity_max_bytes),
      max_bytes(rules.max_bytes),
      idle_timeout(rules.idle_timeout) {
  SESSIOND_CHECK(rules.policies.size() <= kMaxPolicies);
  for (IdentityHeader& header : rules.identity) {
    JsonPointer from = JsonPointer::of(header.from);
    identity.push_back({std::move(header), std::move(from)});
  }
  SESSIOND_CHECK(identity.size() <= kMaxIdentityHeaders);
  by_importance = importanceOf(identity);
  for (SessionPolicy& policy : rules.policies) {
    Policy prepared{.roles_any = std::move(policy.roles_any), .roles_all = std::move(policy.roles_all), .matches = {}};
    for (const auto& [at, json] : policy.match) prepared.matches.push_back({JsonPointer::of(at), scalarOf(json)});
    policies.push_back(std::move(prepared));
  }
}

std::vector<std::size_t> FactsExtractor::Prepared::importanceOf(const std::vector<Header>& headers) {
  const auto rank = [&](std::size_t i) {
    if (headers[i].rule.lost == LostValue::kRefuse) return 0;
    return headers[i].rule.required ? 1 : 2;
  };
  std::vector<std::size_t> order(headers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, rank);
  return order;
}

void FactsExtractor::Prepared::fillIdentity(Finder& finder, SessionFacts& facts) const {
  std::vector<std::string> values(identity.size());
  std::size_t left = identity_max_bytes;
  for (const std::size_t i : by_importance) {
    const IdentityHeader& header = identity[i].rule;
    const std::optional<JsonValue> found = finder.findWhole(identity[i].from);
    std::optional<std::string> value = found ? renderIdentityValue(*found, header) : std::string();
    if (value && value->size() <= left) {
      left -= value->size();
      values[i] = *std::move(value);
    } else {
      facts.identity_lost |= IdentityHeaderBits{1} << i;
      if (header.lost == LostValue::kRefuse) facts.refused_identity_lost = true;
    }
    if (header.required && values[i].empty()) facts.required_identity_missing = true;
    if (values[i].empty()) facts.identity_empty |= IdentityHeaderBits{1} << i;
  }
  for (std::size_t i = 0; i < identity.size(); ++i) {
    SESSIOND_CHECK(facts.identity.add(identity[i].rule.name, values[i]));
  }
}

std::uint64_t FactsExtractor::Prepared::policiesMet(Finder& finder) const {
  const std::vector<std::string_view> roles = rolesIn(finder.find(roles_at));
  std::uint64_t met = 0;
  for (std::size_t i = 0; i < policies.size(); ++i) {
    bool meets = holdsAny(roles, policies[i].roles_any) && holdsAll(roles, policies[i].roles_all);
    for (const Match& match : policies[i].matches) {
      const std::optional<JsonValue> value = finder.find(match.at);
      meets = meets && value && equals(*value, match.expected);
    }
    if (meets) met |= std::uint64_t{1} << i;
  }
  return met;
}

HeaderBlock FactsExtractor::Prepared::emptyIdentity() const {
  HeaderBlock block;
  for (const Header& header : identity) SESSIOND_CHECK(block.add(header.rule.name, ""));
  return block;
}

FactsExtractor::FactsExtractor(ExtractionRules rules)
    : prepared_(std::make_unique<const Prepared>(std::move(rules))), nobody_(only(CheckStatus::kAnonymous)) {
  nobody_.identity = prepared_->emptyIdentity();
}

std::vector<std::string> FactsExtractor::identityNames() const {
  std::vector<std::string> names;
  for (const Prepared::Header& header : prepared_->identity) names.push_back(header.rule.name);
  return names;
}

std::string FactsExtractor::headersThatRefuse(const SessionFacts& facts) const {
  std::string names;
  for (std::size_t i = 0; i < prepared_->identity.size(); ++i) {
    const auto& [rule, from] = prepared_->identity[i];
    const bool is_lost = (facts.identity_lost >> i & 1) != 0 && rule.lost == LostValue::kRefuse;
    const bool is_missing =
        (facts.identity_empty >> i & 1) != 0 && rule.required && leadsInto(from, prepared_->owner.userAt());
    if (is_lost || is_missing) names.append(names.empty() ? "" : " ").append(rule.name);
  }
  return names;
}

std::size_t FactsExtractor::maxBytes() const {
  return prepared_->max_bytes;
}

FactsExtractor::FactsExtractor(FactsExtractor&&) noexcept = default;
FactsExtractor::~FactsExtractor() = default;

SessionFacts FactsExtractor::extract(std::string_view json) const {
  Expected<SessionRecord, NoRecord> record = readSessionRecord(json, prepared_->max_bytes, prepared_->idle_timeout);
  if (!record) return only(record.error().status, record.error().damage);
  Finder finder(record->tree.root());
  SessionFacts facts = only(CheckStatus::kValid);
  std::optional<SessionUser> user = finder.findUser(prepared_->owner);
  if (user) facts.user_id = std::move(user->id);
  dropLoginOfAnother(*record, facts.user_id);
  facts.created = record->created;
  facts.authenticated = record->authenticated;
  facts.password_tag = record->password_tag;
  facts.keeper = record->keeper;
  facts.epoch = record->epoch;
  // Nobody has a longer name: without it the user is not found.
  if (record->keeper == UserKeeper::kStore && record->login.size() <= SessionFacts::kLongestLogin)
    facts.login = record->login;
  facts.touch_ttl = record->cookie.touch_ttl;
  facts.cookie = std::move(record->cookie.attributes);
  facts.cookie_max_age = record->cookie.max_age;
  facts.policies_met = prepared_->policiesMet(finder);
  prepared_->fillIdentity(finder, facts);
  if (finder.ambiguous()) return only(CheckStatus::kCorrupt, RecordDamage::kRepeatedName);
  if (user) return facts;
  facts.state = CheckStatus::kAnonymous;
  facts.policies_met = 0;
  facts.required_identity_missing = false;
  facts.refused_identity_lost = false;
  facts.identity_lost = 0;
  facts.identity_empty = 0;
  facts.identity = nobody_.identity;
  return facts;
}

}  // namespace sessiond
