// What is asked of the running daemon, over its control socket.

#include <sysexits.h>

#include <string>
#include <utility>

#include "base/file.h"
#include "config/config_loader.h"
#include "config/config_reader.h"
#include "os/control_socket.h"
#include "sessionctl/commands.h"
#include "sessionctl/daemon_question.h"

namespace sessiond::ctl {
namespace {

/// As the file says, even when the rest of it is wrong: that is for the daemon to say. The error is why it says
/// nothing.
Expected<std::string, std::string> controlSocketOf(const std::string& config_file) {
  const Expected<FileContents, std::string> file = readFile(config_file, kMaxConfigFileSize);
  if (!file) return Unexpected(config_file + ": " + file.error());
  return readConfig(file->bytes, config_file).config.sessiond.control_socket;
}

}  // namespace

DaemonAnswer askTheDaemon(const CommonOptions& options, const std::string& word) {
  const auto named = controlSocketOf(options.config_file);
  // A daemon whose file is gone can be asked all the same, and says so.
  const std::string socket = named ? *named : ControlSettings().control_socket;
  if (socket.empty()) {
    return {{.exit_code = EX_UNAVAILABLE, .lines = {"sessiond.control_socket is empty: the daemon cannot be asked"}}};
  }
  const Expected<ControlAnswer, ControlAnswer> answer =
      askDaemon(socket, word + " " + absolutePath(options.config_file));
  if (answer) return {*answer, true};
  ControlAnswer failure = answer.error();
  if (!named) failure.lines.front().insert(0, named.error() + ", so the default socket was asked: ");
  return {std::move(failure), false};
}

int reload(const CommonOptions& options) {
  return sayAnswer(options, askTheDaemon(options, "reload"), false, "the new configuration is in force");
}

int status(const CommonOptions& options) {
  return sayAnswer(options, askTheDaemon(options, "status"), true, "");
}

}  // namespace sessiond::ctl
