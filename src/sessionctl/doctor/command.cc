#include "sessionctl/doctor/command.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "base/clock.h"
#include "base/unique_fd.h"

namespace sessiond::ctl {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kCommandPatience{30};
constexpr std::size_t kLargest = std::size_t{64} * 1024 * 1024;

std::string pathOf(const std::string& program) {
  const char* const path = std::getenv("PATH");
  std::istringstream folders(std::string(path == nullptr ? "" : path) + ":/usr/local/sbin:/usr/sbin:/sbin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::string file = (std::filesystem::path(folder) / program).string();
    if (!folder.empty() && ::access(file.c_str(), X_OK) == 0) return file;
  }
  return "";
}

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return;
    read = UniqueFd(ends[0]);
    write = UniqueFd(ends[1]);
  }
  UniqueFd read;
  UniqueFd write;
};

/// Until both are closed; false: they were not in time.
bool readBoth(const Pipe& out, const Pipe& err, CommandResult& result) {
  std::array<pollfd, 2> watched = {
      {{.fd = out.read.get(), .events = POLLIN, .revents = 0}, {.fd = err.read.get(), .events = POLLIN, .revents = 0}}};
  std::array<std::string*, 2> texts = {&result.output, &result.errors};
  std::array<char, 65536> buffer{};
  const auto deadline = SteadyClock::now() + kCommandPatience;
  while (watched[0].fd >= 0 || watched[1].fd >= 0) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - SteadyClock::now()).count();
    if (left <= 0 || ::poll(watched.data(), watched.size(), static_cast<int>(left)) <= 0) return false;
    for (std::size_t i = 0; i < watched.size(); ++i) {
      if (watched[i].revents == 0) continue;
      const ssize_t count = ::read(watched[i].fd, buffer.data(), buffer.size());
      if (count <= 0) watched[i].fd = -1;
      if (count > 0) texts[i]->append(buffer.data(), static_cast<std::size_t>(count));
      if (texts[i]->size() > kLargest) return false;
    }
  }
  return true;
}

}  // namespace

std::optional<CommandResult> runCommand(const std::vector<std::string>& words) {
  const std::string program = pathOf(words.front());
  if (program.empty()) return std::nullopt;
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  Pipe out;
  Pipe err;
  if (!out.write || !err.write) return std::nullopt;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.write.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.write.get(), STDERR_FILENO);
  pid_t child = 0;
  const int failure = ::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) return std::nullopt;
  out.write.reset();
  err.write.reset();
  CommandResult result;
  if (!readBoth(out, err, result)) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace sessiond::ctl
