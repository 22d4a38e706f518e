// The doctor's rules: a name, what is looked at, and the look; each finds one kind of thing.

#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sessionctl/doctor/diagnosis.h"
#include "sessionctl/doctor/installation.h"

namespace sessiond::ctl {

struct Rule {
  std::string_view name;
  std::string_view looks_at;  ///< "the secrets' files are for their readers alone"
  void (*look)(const Installation& installation, Verdict& verdict);
  bool needs_configuration = true;  ///< not asked where that is wrong
};

std::span<const Rule> configurationRules();
std::span<const Rule> serviceRules();
std::span<const Rule> redisRules();
std::span<const Rule> nginxRules();
std::span<const Rule> walkRules();

}  // namespace sessiond::ctl
