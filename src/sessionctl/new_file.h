// Files that are there whole or not at all.

#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/expected.h"
#include "base/unique_fd.h"

namespace sessiond::ctl {

/// Whose a file is, and who may do what to it. A plain value.
struct FileRights {
  uid_t owner = 0;
  gid_t group = 0;
  mode_t mode = 0600;
};

/// A new file, for its owner alone unless `rights` say otherwise. Why there is none, without the path; one that is
/// there already stays, be it a link that leads nowhere.
std::optional<std::string> whyNotCreated(const std::string& path, std::string_view bytes,
                                         const std::optional<FileRights>& rights = std::nullopt);

/// Another text in the place of the file's, with its owner, group and mode. Of a link, that of the file it leads to:
/// the link stays. Why it is as it was, without the path.
std::optional<std::string> whyNotReplaced(const std::string& named, std::string_view bytes);

/// For as long as it is held nobody else has it: taken by who reads a file, and replaces it by what was made of that.
/// It is the folder that is locked, since the file is another one afterwards. Of a link, the folder of the file it
/// leads to. The error is an errno; EWOULDBLOCK: somebody else has it.
Expected<UniqueFd, int> lockToChange(const std::string& named);

/// Beside a file, to try another text of it.
std::string besideOf(const std::string& path);

}  // namespace sessiond::ctl
