// What is asked of the running daemon, over its control socket.

#include <sysexits.h>

#include <string>

#include "base/file.h"
#include "config/config_loader.h"
#include "config/config_reader.h"
#include "os/control_socket.h"
#include "sessionctl/commands.h"
#include "sessionctl/daemon_question.h"

namespace sessiond::ctl {
namespace {

/// As the file says, even when the rest of it is wrong: that is for the daemon to say.
std::string controlSocketOf(const std::string& config_file) {
  const Expected<FileContents, std::string> file = readFile(config_file, kMaxConfigFileSize);
  if (!file) return ControlSettings().control_socket;
  return readConfig(file->bytes, config_file).config.sessiond.control_socket;
}

}  // namespace

DaemonAnswer askTheDaemon(const CommonOptions& options, const std::string& word) {
  const std::string socket = controlSocketOf(options.config_file);
  if (socket.empty()) {
    return {{.exit_code = EX_UNAVAILABLE, .lines = {"sessiond.control_socket is empty: the daemon cannot be asked"}}};
  }
  const Expected<ControlAnswer, ControlAnswer> answer =
      askDaemon(socket, word + " " + absolutePath(options.config_file));
  return {answer ? *answer : answer.error(), answer.hasValue()};
}

int reload(const CommonOptions& options) {
  return sayAnswer(options, askTheDaemon(options, "reload"), false, "the new configuration is in force");
}

int status(const CommonOptions& options) {
  return sayAnswer(options, askTheDaemon(options, "status"), true, "");
}

}  // namespace sessiond::ctl
