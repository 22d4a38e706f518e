// Scope: a block of the configuration in its surroundings, with nginx's rules of inheritance and of choosing a
// location.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/directive.h"

namespace sessiond::nginx {

/// Immutable once made, so that several threads may use it. The directives outlive it.
class Scope {
 public:
  enum class Kind { kMain, kHttp, kServer, kLocation, kIf, kLimitExcept, kOther };

  explicit Scope(const Directives& main) : Scope(Kind::kMain, nullptr, main, nullptr) {}

  Kind kind() const { return kind_; }
  const Scope* parent() const { return parent_; }
  const Directives& inside() const { return inside_; }
  /// Where the block begins; of the main scope, nowhere.
  Place place() const { return opened_ == nullptr ? Place{} : opened_->place; }
  const Directive* opened() const { return opened_; }
  const std::vector<std::unique_ptr<Scope>>& children() const { return children_; }
  /// Every scope of a kind in here, this one too, outer ones first.
  std::vector<const Scope*> all(Kind kind) const;
  /// The server around it; nullptr outside.
  const Scope* server() const;

  /// The directives of a name that stand in this very block.
  std::vector<const Directive*> own(std::string_view name) const;
  /// Those in force here: of the nearest block outwards that has any. nginx inherits lists all or nothing.
  std::vector<const Directive*> inForce(std::string_view name) const;
  /// The block in which those stand; nullptr when there is none.
  const Scope* inForceAt(std::string_view name) const;
  /// The first argument of a directive that is in force; "" without one.
  std::string_view value(std::string_view name) const;

 private:
  Scope(Kind kind, const Directive* opened, const Directives& inside, const Scope* parent);

  const Kind kind_;
  const Directive* const opened_;
  const Directives& inside_;
  const Scope* const parent_;
  std::vector<std::unique_ptr<Scope>> children_;
};

/// What a location is for.
struct LocationName {
  enum class Match { kPrefix, kStrongPrefix, kExact, kRegex, kNamed };
  Match match = Match::kPrefix;
  std::string_view text;
  bool ignores_case = false;  ///< of a regular expression
};
/// REQUIRES: a location.
LocationName nameOf(const Scope& location);

/// The location that nginx takes for an address, as far as prefixes and exact names decide; nullptr without one.
const Scope* locationFor(const Scope& server, std::string_view address);

}  // namespace sessiond::nginx
