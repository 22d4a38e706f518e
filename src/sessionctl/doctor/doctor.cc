// sessionctl doctor: walks the whole chain and says what is wrong, with the command that mends it.

#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/log.h"
#include "sessionctl/commands.h"
#include "sessionctl/doctor/rules.h"

namespace sessiond::ctl {
namespace {

constexpr int kFound = 1;

struct Examined {
  std::string_view looks_at;
  Verdict verdict;
};

std::vector<Examined> examineAll(const Installation& installation) {
  std::vector<Examined> all;
  for (const auto rules : {configurationRules(), serviceRules(), redisRules(), nginxRules(), walkRules()}) {
    for (const Rule& rule : rules) {
      Examined examined{rule.looks_at, Verdict(rule.name)};
      if (rule.needs_configuration && !installation.site) {
        examined.verdict.cannotTell("the configuration cannot be used");
      } else {
        rule.look(installation, examined.verdict);
      }
      all.push_back(std::move(examined));
    }
  }
  return all;
}

Severity worstOf(const Verdict& verdict) {
  Severity worst = Severity::kHint;
  for (const Remark& remark : verdict.remarks()) worst = std::max(worst, remark.severity);
  return worst;
}

/// In one word.
std::string resultOf(const Verdict& verdict) {
  if (!verdict.remarks().empty()) return std::string(nameOf(worstOf(verdict)));
  return verdict.notTold().empty() ? "good" : "not told";
}

std::string jsonOf(const Examined& examined) {
  std::vector<std::string> findings;
  for (const Remark& remark : examined.verdict.remarks()) {
    findings.push_back(JsonObject()
                           .text("severity", nameOf(remark.severity))
                           .text("message", remark.message)
                           .text("remedy", remark.remedy)
                           .json());
  }
  return JsonObject()
      .text("rule", examined.verdict.rule())
      .text("looks_at", examined.looks_at)
      .text("result", resultOf(examined.verdict))
      .textOrNull("not_told", examined.verdict.notTold())
      .list("findings", findings)
      .json();
}

/// What was good, or could not be looked at.
void printRest(const Examined& examined) {
  const std::string looks_at(examined.looks_at);
  const std::string& rule = examined.verdict.rule();
  const std::string& why = examined.verdict.notTold();
  if (why.empty()) std::printf("good: %s [%s]\n", looks_at.c_str(), rule.c_str());
  if (!why.empty()) std::printf("not told: %s: %s [%s]\n", looks_at.c_str(), harmless(why).c_str(), rule.c_str());
}

/// The worst first.
void print(const std::vector<Examined>& all) {
  for (const Severity severity : {Severity::kDanger, Severity::kFault, Severity::kHint}) {
    for (const Examined& examined : all) {
      for (const Remark& remark : examined.verdict.remarks()) {
        if (remark.severity != severity) continue;
        std::printf("%s: %s [%s]\n    %s\n", std::string(nameOf(severity)).c_str(), harmless(remark.message).c_str(),
                    remark.rule.c_str(), harmless(remark.remedy).c_str());
      }
    }
  }
  if (::isatty(STDOUT_FILENO) == 0) return;
  for (const Examined& examined : all) {
    if (examined.verdict.remarks().empty()) printRest(examined);
  }
}

}  // namespace

int doctor(const CommonOptions& options, const DoctorOptions& how) {
  setUpLog({.level = LogLevel::kOff, .audit = false});  // what would be logged is said below
  const std::vector<Examined> all = examineAll(examine(options, how));
  const bool is_well =
      std::ranges::all_of(all, [](const Examined& examined) { return worstOf(examined.verdict) == Severity::kHint; });
  if (options.json) {
    std::vector<std::string> examined;
    examined.reserve(all.size());
    for (const Examined& one : all) examined.push_back(jsonOf(one));
    std::printf("%s\n", JsonObject().flag("ok", is_well).list("rules", examined).json().c_str());
  } else {
    print(all);
  }
  return is_well ? EX_OK : kFound;
}

}  // namespace sessiond::ctl
