// Reading small files whole, never unbounded: the configuration, secrets, the password file, the login page; and what a
// file is called.

#pragma once

#include <cstddef>
#include <string>

#include "base/expected.h"

namespace sessiond {

struct FileContents {
  std::string bytes;
  bool readable_by_others = false;
};

/// As it is called from the root, without `..`; as it is where the working directory has no name.
std::string absolutePath(const std::string& path);

/// Reads to the end, but at most one byte more than `limit`, by which the caller knows that it is too much; waits for
/// the writer of a pipe. It may be a secret: no copies stay behind in freed memory. The error is an errno.
Expected<std::string, int> readBytes(int fd, std::size_t limit);

/// Reads a whole regular file, never a directory, a pipe or a device, of at most `limit` bytes. The error is a
/// sentence's end in lower case, without the path: "no such file or directory", "is not a regular file", "is larger
/// than 65536 bytes".
Expected<FileContents, std::string> readFile(const std::string& path, std::size_t limit);

}  // namespace sessiond
