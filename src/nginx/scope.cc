#include "nginx/scope.h"

#include <algorithm>

#include "base/check.h"

namespace sessiond::nginx {
namespace {

Scope::Kind kindOf(const Directive& directive) {
  if (directive.name == "http") return Scope::Kind::kHttp;
  if (directive.name == "server") return Scope::Kind::kServer;
  if (directive.name == "location") return Scope::Kind::kLocation;
  if (directive.name == "if") return Scope::Kind::kIf;
  if (directive.name == "limit_except") return Scope::Kind::kLimitExcept;
  return Scope::Kind::kOther;
}

}  // namespace

Scope::Scope(Kind kind, const Directive* opened, const Directives& inside, const Scope* parent)
    : kind_(kind), opened_(opened), inside_(inside), parent_(parent) {
  for (const Directive& directive : inside_) {
    if (directive.block) {
      children_.push_back(std::unique_ptr<Scope>(new Scope(kindOf(directive), &directive, *directive.block, this)));
    }
  }
}

std::vector<const Scope*> Scope::all(Kind kind) const {
  std::vector<const Scope*> found;
  if (kind_ == kind) found.push_back(this);
  for (const auto& child : children_) {
    const std::vector<const Scope*> below = child->all(kind);
    found.insert(found.end(), below.begin(), below.end());
  }
  return found;
}

const Scope* Scope::server() const {
  const Scope* scope = this;
  while (scope != nullptr && scope->kind_ != Kind::kServer) scope = scope->parent_;
  return scope;
}

std::vector<const Directive*> Scope::own(std::string_view name) const {
  std::vector<const Directive*> found;
  for (const Directive& directive : inside_) {
    if (directive.name == name) found.push_back(&directive);
  }
  return found;
}

const Scope* Scope::inForceAt(std::string_view name) const {
  const auto has = [name](const Directive& directive) { return directive.name == name; };
  const Scope* scope = this;
  while (scope != nullptr && std::none_of(scope->inside_.begin(), scope->inside_.end(), has)) scope = scope->parent_;
  return scope;
}

std::vector<const Directive*> Scope::inForce(std::string_view name) const {
  const Scope* scope = inForceAt(name);
  return scope == nullptr ? std::vector<const Directive*>() : scope->own(name);
}

std::string_view Scope::value(std::string_view name) const {
  const std::vector<const Directive*> found = inForce(name);
  return found.empty() ? std::string_view() : found.back()->argument(0);
}

LocationName nameOf(const Scope& location) {
  SESSIOND_CHECK(location.kind() == Scope::Kind::kLocation);
  using Match = LocationName::Match;
  const std::string_view first = location.opened()->argument(0);
  const std::string_view second = location.opened()->argument(1);
  if (first == "=") return {Match::kExact, second};
  if (first == "^~") return {Match::kStrongPrefix, second};
  if (first == "~" || first == "~*") return {Match::kRegex, second, first == "~*"};
  // nginx also takes them without the space: `location =/a`.
  if (first.starts_with("=")) return {Match::kExact, first.substr(1)};
  if (first.starts_with("^~")) return {Match::kStrongPrefix, first.substr(2)};
  if (first.starts_with("~*")) return {Match::kRegex, first.substr(2), true};
  if (first.starts_with("~")) return {Match::kRegex, first.substr(1)};
  if (first.starts_with("@")) return {Match::kNamed, first};
  return {Match::kPrefix, first};
}

const Scope* locationFor(const Scope& around, std::string_view address) {
  const Scope* best = nullptr;
  std::size_t length = 0;
  for (const auto& child : around.children()) {
    if (child->kind() != Scope::Kind::kLocation) continue;
    const LocationName name = nameOf(*child);
    if (name.match == LocationName::Match::kExact && name.text == address) return child.get();
    const bool prefix = name.match == LocationName::Match::kPrefix || name.match == LocationName::Match::kStrongPrefix;
    if (prefix && address.starts_with(name.text) && (best == nullptr || name.text.size() > length)) {
      best = child.get();
      length = name.text.size();
    }
  }
  if (best == nullptr) return nullptr;
  const Scope* inner = locationFor(*best, address);
  return inner == nullptr ? best : inner;
}

}  // namespace sessiond::nginx
