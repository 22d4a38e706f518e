// Reading small files whole: secrets, the password file, the login page. Never unbounded, and never a directory, a
// pipe or a device.

#pragma once

#include <cstddef>
#include <string>

#include "base/expected.h"

namespace sessiond {

struct FileContents {
  std::string bytes;
  bool readable_by_group = false;
  bool readable_by_others = false;
};

/// Reads a whole regular file of at most `limit` bytes. The error is a sentence's end in lower case, without the
/// path: "no such file or directory", "is not a regular file", "is larger than 65536 bytes".
Expected<FileContents, std::string> readFile(const std::string& path, std::size_t limit);

}  // namespace sessiond
