// Reads the secret whose file an option names.

#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/secret.h"
#include "config/config_report.h"
#include "config/secret_file.h"

namespace sessiond {

/// The hint behind what is wrong with a secret that nobody else has given.
inline constexpr char kMakeSecret[] = "; make one with: openssl rand -base64 48";

/// `name` is settled (settledName). Nothing after a problem has been reported for the option at `path`, with `hint`
/// behind it. That everybody may read the file is a warning.
std::optional<Secret> readSecret(const std::string& name, const std::string& path, const FileLocations& locations,
                                 ConfigReport& report, const std::string& hint = "",
                                 std::size_t limit = kMaxSecretSize);

}  // namespace sessiond
