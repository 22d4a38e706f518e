// sessionctl: looks after sessiond. The command tree stands here; what each does, in a file of its own.
//
// Exit codes are those of sysexits.h: 0 done, 64 wrong usage, 69 nobody is there to ask, 71 the system refuses
// something, 77 not allowed, 78 the configuration is wrong.

#include <sys/prctl.h>
#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "base/version.h"
#include "sessionctl/commands.h"

namespace {

using sessiond::ctl::CommonOptions;

CLI::App& add(CLI::App& app, const std::string& name, const std::string& what, std::function<void()> run) {
  CLI::App* const command = app.add_subcommand(name, what)->fallthrough();
  command->callback(std::move(run));
  return *command;
}

void addSessionCommands(CLI::App& app, const CommonOptions& options, sessiond::ctl::SessionOptions& which,
                        int& exit_code) {
  CLI::App* const session = app.add_subcommand("session", "who is logged in, and logging them out")->fallthrough();
  session->require_subcommand(1);
  const char* const whose = "only those of the user with this id (of applications, session.user_id_at)";
  CLI::App& list =
      add(*session, "list",
          "list the sessions there are: handle, user, since when, last used, from where; without --user by "
          "looking at every key in Redis",
          [&, options = &options] { exit_code = sessiond::ctl::sessionList(*options, which); });
  list.add_option("-u,--user", which.user, whose);
  list.add_flag("--scan", which.scan, "with --user: also sessions that no check has seen yet, by looking at every key");
  list.add_flag("--anonymous", which.anonymous, "without --user: also sessions in which nobody is logged in");
  CLI::App& show = add(*session, "show", "say what is known of one session",
                       [&, options = &options] { exit_code = sessiond::ctl::sessionShow(*options, which); });
  show.add_option("handle", which.handles, "what `session list` calls it")->required()->expected(1);
  show.add_option("-u,--user", which.user, "whose it is: then not every key has to be looked at");
  CLI::App& revoke = add(*session, "revoke",
                         "log out: end these sessions, or all of a user, for good; every sessiond refuses them within "
                         "session.cache.max_staleness",
                         [&, options = &options] { exit_code = sessiond::ctl::sessionRevoke(*options, which); });
  revoke.add_option("handle", which.handles, "what `session list` calls them");
  revoke.add_option("-u,--user", which.user, "all of the user with this id; with handles: whose they are");
  revoke.add_flag("--scan", which.scan,
                  "with --user: also sessions that no check has seen yet, by looking at every key");
  revoke.add_flag("-y,--yes", which.yes, "do not ask; needed where nobody sits at a terminal");
}

}  // namespace

int main(int argc, char** argv) {
  // Secrets are read: no core file may have them.
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  CommonOptions options;
  int exit_code = EX_OK;
  CLI::App app("sessionctl: looks after sessiond", "sessionctl");
  app.add_option("-c,--config", options.config_file, "configuration file")->capture_default_str();
  app.add_flag("--json", options.json, "say it as one JSON object");
  app.set_version_flag("-V,--version", "sessionctl " + std::string(sessiond::kVersion));
  app.require_subcommand(1);
  add(app, "check", "check the configuration, and every file that it names, as a start would",
      [&] { exit_code = sessiond::ctl::check(options); });
  add(app, "reload", "have the running daemon put a changed configuration in force",
      [&] { exit_code = sessiond::ctl::reload(options); });
  add(app, "status", "what the running daemon says of itself", [&] { exit_code = sessiond::ctl::status(options); });
  CLI::App* const nginx = app.add_subcommand("nginx", "nginx's side of it")->fallthrough();
  nginx->require_subcommand(1);
  std::string linted = "/etc/nginx/nginx.conf";
  add(*nginx, "lint", "say what is dangerous in an nginx configuration: a file with its includes, or nginx -T's output",
      [&] { exit_code = sessiond::ctl::nginxLint(options, linted); })
      .add_option("file", linted, "the file; - is standard input")
      ->capture_default_str();
  sessiond::ctl::PrintOptions print;
  CLI::App& printing = add(*nginx, "print", "write the snippets for this configuration",
                           [&] { exit_code = sessiond::ctl::nginxPrint(options, print); });
  printing.add_option("--to", print.folder, "the folder to write them to, instead of standard output");
  printing.add_option("--shipped", print.shipped,
                      "the folder of the shipped ones, if they are not beside this program");
  sessiond::ctl::SessionOptions sessions;
  addSessionCommands(app, options, sessions, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? EX_OK : EX_USAGE;
  }
  return exit_code;
}
