// sessionctl: looks after sessiond.
//
// Exit codes are those of sysexits.h: 0 done, 1 something was found, 64 wrong usage, 65 what was given makes no sense,
// 66 no such file or session, 67 no such user, 69 nobody is there to ask, 71 the system refuses something, 73 it is
// there already, 74 what was to be said is lost, 75 try again, 76 the daemon does not answer, 77 not allowed, 78 the
// configuration is wrong.

#include <sys/prctl.h>
#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>

#include "os/standard_streams.h"
#include "sessionctl/command_tree.h"
#include "sessionctl/completion.h"
#include "sessionctl/manual.h"
#include "sessionctl/output.h"

namespace {

/// Ends the parsing, as --help does.
void writeCompletion(const CLI::App& app, const std::string& shell) {
  const auto file = sessiond::ctl::completionFor(app, shell);
  if (!file) throw CLI::ValidationError("--completion", "must be bash, zsh or fish but is " + shell);
  std::fputs(file->c_str(), stdout);
  throw CLI::Success();
}

/// Before any option is taken to be given, and also where the line cannot be understood.
bool isJsonWanted(int argc, char** argv) {
  return std::any_of(argv, argv + argc, [](std::string_view word) { return word == "--json"; });
}

/// Of a command that is none yet, what can stand behind it.
std::string failureMessage(const CLI::App* app, const CLI::Error& error) {
  std::string message = CLI::FailureMessage::simple(app, error);
  if (dynamic_cast<const CLI::RequiredError*>(&error) == nullptr) return message;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  std::string names;
  for (const CLI::App* const command : app->get_subcommands([](const CLI::App*) { return true; }))
    names += (names.empty() ? "" : ", ") + command->get_name();
  return names.empty() ? message : "One of these is missing: " + names + "\n" + message.substr(message.find('\n') + 1);
}

int run(int argc, char** argv) {
  sessiond::ctl::CommandLine line;
  CLI::App app("sessionctl: looks after sessiond", "sessionctl");
  app.failure_message(failureMessage);
  sessiond::ctl::addCommands(app, line);
  app.add_option_function<std::string>(
         "--completion", [&app](const std::string& shell) { writeCompletion(app, shell); },
         "write the file that completes this command line in bash, zsh or fish")
      ->group("")
      ->trigger_on_parse();
  app.add_flag_callback(
         "--manual",
         [&app] {
           std::fputs(sessiond::ctl::manualOf(app).c_str(), stdout);
           throw CLI::Success();
         },
         "write sessionctl(1)")
      ->group("")
      ->trigger_on_parse();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0 || !isJsonWanted(argc, argv)) return app.exit(error) == 0 ? EX_OK : EX_USAGE;
    const std::string why = failureMessage(&app, error);
    return sessiond::ctl::fail({.json = true}, EX_USAGE, why.substr(0, why.find('\n')));
  }
  return line.exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  // Secrets are read: no core file may have them.
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  sessiond::occupyStandardStreams();
  return sessiond::exitCodeOnceWritten(run(argc, argv),
                                       "sessionctl: standard output cannot be written to; what was done is done");
}
