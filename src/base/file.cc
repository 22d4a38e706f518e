#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/secret.h"
#include "base/unique_fd.h"

namespace sessiond {
namespace {

std::string describe(int error) {
  std::string text = std::generic_category().message(error);
  if (!text.empty()) text.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(text.front())));
  return text;
}

std::string tooLarge(std::size_t limit) {
  return "is larger than " + std::to_string(limit) + " bytes";
}

}  // namespace

Expected<FileContents, std::string> readFile(const std::string& path, std::size_t limit) {
  // O_NONBLOCK: opening a pipe must not wait for its writer.
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return Unexpected(describe(errno));
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return Unexpected(describe(errno));
  if (!S_ISREG(status.st_mode)) return Unexpected(std::string("is not a regular file"));
  if (static_cast<std::size_t>(status.st_size) > limit) return Unexpected(tooLarge(limit));

  // One byte more than it says it has, so that a file that grows meanwhile is noticed.
  std::string bytes(static_cast<std::size_t>(status.st_size) + 1, '\0');
  std::size_t filled = 0;
  while (true) {
    const ssize_t got = ::read(file.get(), bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const int error = errno;
      wipeString(bytes);
      return Unexpected(describe(error));
    }
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
    if (filled > limit) {
      wipeString(bytes);
      return Unexpected(tooLarge(limit));
    }
    if (filled == bytes.size()) {
      // resize() may move the bytes and leave the old ones, perhaps a secret, in freed memory.
      std::string larger(bytes.size() * 2, '\0');
      bytes.copy(larger.data(), filled);
      wipeString(bytes);
      bytes = std::move(larger);
    }
  }
  bytes.resize(filled);
  return FileContents{std::move(bytes), (status.st_mode & S_IRGRP) != 0, (status.st_mode & S_IROTH) != 0};
}

}  // namespace sessiond
