// Secrets of these texts, the newest first.

#pragma once

#include <string>
#include <vector>

#include "base/secret.h"

namespace sessiond {

inline std::vector<Secret> secretsOf(const std::vector<std::string>& texts) {
  std::vector<Secret> secrets;
  for (const std::string& text : texts) secrets.emplace_back(std::string(text));
  return secrets;
}

}  // namespace sessiond
