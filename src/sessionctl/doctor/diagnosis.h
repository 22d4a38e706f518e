// What the doctor has to say: one verdict a rule, in it what is wrong and the command that mends it.

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "nginx/finding.h"

namespace sessiond::ctl {

using nginx::Remark;
using nginx::Severity;

/// What one rule has found. A plain value.
class Verdict {
 public:
  explicit Verdict(std::string_view rule) : rule_(rule) {}

  /// Somebody gets in, or is taken for somebody else, or a logout does not hold.
  void danger(std::string message, std::string remedy) {
    add(Severity::kDanger, std::move(message), std::move(remedy));
  }
  /// Something will be refused or get lost that was meant to work.
  void fault(std::string message, std::string remedy) { add(Severity::kFault, std::move(message), std::move(remedy)); }
  /// Worth a look.
  void hint(std::string message, std::string remedy) { add(Severity::kHint, std::move(message), std::move(remedy)); }
  /// It was not looked at, or not all of it; not a fault by itself.
  void cannotTell(std::string why) { not_told_ = std::move(why); }

  const std::string& rule() const { return rule_; }
  const std::vector<Remark>& remarks() const { return remarks_; }
  /// Empty: everything was looked at.
  const std::string& notTold() const { return not_told_; }

 private:
  void add(Severity severity, std::string message, std::string remedy) {
    remarks_.push_back({severity, rule_, std::move(message), std::move(remedy)});
  }

  std::string rule_;
  std::vector<Remark> remarks_;
  std::string not_told_;
};

}  // namespace sessiond::ctl
