#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/ascii.h"
#include "base/errno_text.h"
#include "base/secret.h"
#include "base/unique_fd.h"

namespace sessiond {
namespace {

constexpr std::size_t kFirstRead = 8192;

std::string describe(int error) {
  std::string text = errnoText(error);
  if (!text.empty()) text.front() = toLower(text.front());
  return text;
}

std::string tooLarge(std::size_t limit) {
  return "is larger than " + std::to_string(limit) + " bytes";
}

/// resize() may move the bytes and leave the old ones in freed memory.
void enlarge(std::string& bytes, std::size_t size) {
  std::string larger(size, '\0');
  bytes.copy(larger.data(), bytes.size());
  wipeString(bytes);
  bytes = std::move(larger);
}

}  // namespace

std::string absolutePath(const std::string& path) {
  std::error_code ignored;
  const std::filesystem::path made = std::filesystem::absolute(path, ignored);
  return made.empty() ? path : made.lexically_normal().string();
}

Expected<std::string, int> readBytes(int fd, std::size_t limit) {
  std::string bytes(std::min(kFirstRead, limit + 1), '\0');
  std::size_t filled = 0;
  while (filled <= limit) {
    if (filled == bytes.size()) enlarge(bytes, std::min(2 * bytes.size(), limit + 1));
    const ssize_t got = ::read(fd, bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const int error = errno;
      wipeString(bytes);
      return Unexpected(error);
    }
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

Expected<FileContents, std::string> readFile(const std::string& path, std::size_t limit) {
  // O_NONBLOCK: opening a pipe must not wait for its writer.
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return Unexpected(describe(errno));
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) return Unexpected(describe(errno));
  if (!S_ISREG(status.st_mode)) return Unexpected(std::string("is not a regular file"));
  if (static_cast<std::size_t>(status.st_size) > limit) return Unexpected(tooLarge(limit));

  // It may be larger than it said: it grows, or is one of /proc's.
  Expected<std::string, int> bytes = readBytes(file.get(), limit);
  if (!bytes) return Unexpected(describe(bytes.error()));
  if (bytes->size() > limit) {
    wipeString(*bytes);
    return Unexpected(tooLarge(limit));
  }
  return FileContents{*std::move(bytes), (status.st_mode & S_IROTH) != 0};
}

}  // namespace sessiond
