// What is asked of the running daemon, over its control socket.

#include <sysexits.h>

#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "config/config_file.h"
#include "config/config_problem.h"
#include "config/config_reader.h"
#include "os/control_socket.h"
#include "sessionctl/commands.h"
#include "sessionctl/daemon_question.h"

namespace sessiond::ctl {
namespace {

struct Whom {
  std::string socket = ControlSettings().control_socket;
  std::string doubt;                  ///< why it is the default that is asked; empty: the file says so
  std::vector<std::string> mistakes;  ///< of a file that was not understood
};

/// As the file says, even when the rest of it is wrong: that is for the daemon to say.
Whom whomToAsk(const std::string& config_file) {
  const Expected<FileContents, std::string> file = readFile(config_file, kMaxConfigFileSize);
  if (!file) return {.doubt = config_file + ": " + file.error(), .mistakes = {}};
  ConfigDraft draft = readConfig(file->bytes, config_file);
  if (draft.report.isSaid("sessiond.control_socket")) {
    return {.socket = draft.config.sessiond.control_socket, .doubt = {}, .mistakes = {}};
  }
  Whom whom{.doubt = config_file + " is not understood", .mistakes = {}};
  for (const ConfigProblem& problem : draft.report.take()) whom.mistakes.push_back(describe(problem));
  return whom;
}

}  // namespace

DaemonAnswer askTheDaemon(const CommonOptions& options, const std::string& word) {
  const Whom whom = whomToAsk(options.config_file);
  if (whom.socket.empty()) {
    return {{.exit_code = EX_UNAVAILABLE, .lines = {"sessiond.control_socket is empty: the daemon cannot be asked"}}};
  }
  // A daemon whose file is gone, or is not understood, can be asked all the same, and says so.
  const Expected<ControlAnswer, ControlAnswer> answer =
      askDaemon(whom.socket, word + " " + absolutePath(options.config_file));
  const bool is_another = answer && answer->exit_code == EX_UNAVAILABLE && !whom.mistakes.empty();
  if (answer && !is_another) return {*answer, true};
  ControlAnswer failure = answer ? *answer : answer.error();
  if (!whom.mistakes.empty()) failure.exit_code = EX_CONFIG;
  failure.lines.insert(failure.lines.end(), whom.mistakes.begin(), whom.mistakes.end());
  if (!whom.doubt.empty()) failure.lines.front().insert(0, whom.doubt + ", so the default socket was asked: ");
  return {std::move(failure), false};
}

int reload(const CommonOptions& options) {
  return sayAnswer(options, askTheDaemon(options, "reload"), false, "the new configuration is in force");
}

int status(const CommonOptions& options) {
  return sayAnswer(options, askTheDaemon(options, "status"), true, "");
}

}  // namespace sessiond::ctl
