#include "sessionctl/command_tree.h"

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <utility>

#include "base/version.h"

namespace sessiond::ctl {
namespace {

/// `more`: what help and manual say below the options.
CLI::App& add(CLI::App& app, const std::string& name, const std::string& what, std::function<void()> run,
              const std::string& more = "") {
  CLI::App* const command = app.add_subcommand(name, what)->fallthrough();
  command->callback(std::move(run));
  command->footer(more);
  return *command;
}

CLI::App& addGroup(CLI::App& app, const std::string& name, const std::string& what) {
  CLI::App* const group = app.add_subcommand(name, what)->fallthrough();
  group->require_subcommand(1);
  return *group;
}

/// For an option without which everybody's is meant: a script's `--user "$USER_ID"` without a USER_ID must not be that.
std::string whyEmpty(const std::string& value) {
  return value.empty() ? "must not be empty" : "";
}

void addDaemonCommands(CLI::App& app, CommandLine& line) {
  add(app, "check", "check the configuration, and every file that it names, as a start would",
      [&line] { line.exit_code = check(line.common); });
  add(
      app, "reload", "have the running daemon put a changed configuration in force",
      [&line] { line.exit_code = reload(line.common); },
      "Where the new one is wrong or cannot be used, the old one stays in force, and every reason is said. What a "
      "start would warn of, such as a Redis that does not answer, is said too, and keeps nothing from being in force. "
      "`systemctl reload sessiond` does this.");
  add(
      app, "doctor",
      "walk the whole chain (configuration, daemon, Redis, nginx, a check) and say what is wrong, with the command "
      "that "
      "mends it; changes nothing",
      [&line] { line.exit_code = doctor(line.common, line.doctor); },
      "A session of nobody who exists is made, asked about, ended and removed again. Exits with 1 when there is more "
      "than "
      "hints. On a terminal, or with --json, what is good is said as well, and what could not be looked at and why.")
      .add_option("--nginx", line.doctor.nginx,
                  "nginx's configuration: a file with its includes, or the output of nginx -T, which is run without "
                  "this; - is standard input");
  add(
      app, "status", "what the running daemon says of itself", [&line] { line.exit_code = status(line.common); },
      "Which configuration is in force and since when, how the last reload went, whether the daemon hears of changes "
      "in "
      "Redis, how many sessions it has in memory and whether it believes them, how many logouts it remembers, and how "
      "many "
      "cookies each secret has verified, and from which file it is.");
}

void addNginxCommands(CLI::App& app, CommandLine& line) {
  CLI::App& nginx = addGroup(app, "nginx", "nginx's side of it");
  add(
      nginx, "lint", "say what is dangerous in an nginx configuration: a file with its includes, or nginx -T's output",
      [&line] { line.exit_code = nginxLint(line.common, line.linted); },
      "Place, severity, what happens, rule, and what to do. Exits with 1 when there is more than hints. The file has "
      "to be nginx's main one: a server whose http block is elsewhere is not looked at, and that is said.")
      .add_option("file", line.linted, "the file; - is standard input")
      ->capture_default_str();
  CLI::App& print = add(
      nginx, "print", "write the snippets for this configuration",
      [&line] { line.exit_code = nginxPrint(line.common, line.print); },
      "They depend on the daemon's socket, identity headers, login address and policies. The shipped "
      "ones, in /etc/nginx/sessiond, are those of the defaults. A site needs three of them: "
      "`include sessiond/upstream.conf;` in nginx's http block, `include sessiond/endpoints.conf;` at "
      "the beginning of the server, and in each location to protect `include "
      "sessiond/protect-page.conf;` (for programs: protect-api.conf), with `include "
      "sessiond/identity-proxy.conf;` beside a proxy_pass. Then: nginx -t && systemctl reload nginx.");
  print.add_option("--to", line.print.folder, "the folder to write them to, instead of standard output");
  print.add_option("--shipped", line.print.shipped,
                   "the folder of the shipped ones, if they are not beside this program");
}

void addSessionCommands(CLI::App& app, CommandLine& line) {
  CLI::App& session = addGroup(app, "session", "who is logged in, and logging them out");
  SessionOptions& which = line.sessions;
  CLI::App& list = add(
      session, "list",
      "list the sessions there are: handle, user, since when, last used, from where; without --user "
      "by looking at every key in Redis",
      [&line] { line.exit_code = sessionList(line.common, line.sessions); },
      "A handle stands for a session in all other commands and on the pages; it is of no use to log in "
      "with.");
  list.add_option("-u,--user", which.user, "only those of the user with this id (session.user_id_at)")->check(whyEmpty);
  list.add_flag("--scan", which.scan, "with --user: also sessions that no check has seen yet, by looking at every key");
  list.add_flag("--anonymous", which.anonymous, "without --user: also sessions in which nobody is logged in");
  CLI::App& show = add(session, "show", "say what is known of one session",
                       [&line] { line.exit_code = sessionShow(line.common, line.sessions); });
  show.add_option("handle", which.handles, "what `session list` calls it")->required()->expected(1);
  show.add_option("-u,--user", which.user, "whose it is: then not every key has to be looked at")->check(whyEmpty);
  CLI::App& revoke = add(
      session, "revoke",
      "log out: end these sessions, or all of a user, for good; every sessiond refuses them within "
      "session.cache.max_staleness",
      [&line] {
        const auto run = line.sessions.all ? revokeAll : sessionRevoke;
        line.exit_code = run(line.common, line.sessions);
      },
      "Asks before that; where nobody can be asked, --yes is needed.");
  revoke.add_option("handle", which.handles, "what `session list` calls them");
  revoke.add_option("-u,--user", which.user, "all of the user with this id; with handles: whose they are")
      ->check(whyEmpty);
  revoke.add_flag("--scan", which.scan,
                  "with --user: also sessions that no check has seen yet, by looking at every key");
  CLI::Option* const all = revoke.add_flag("--all", which.all,
                                           "of everybody, and so without handles and --user: logins here at once, then "
                                           "what applications made, page by page");
  revoke.add_option("--from", which.from, "with --all: go on with what was cut off, from where it said")
      ->needs(all)
      ->check(whyEmpty);
  revoke.add_flag("-y,--yes", which.yes, "do not ask; needed where nobody sits at a terminal");
}

CLI::App& addUserCommand(CLI::App& group, CommandLine& line, const std::string& name, const std::string& what,
                         int (*run)(const CommonOptions&, const UserOptions&)) {
  CLI::App& command = add(group, name, what, [&line, run] { line.exit_code = run(line.common, line.user); });
  command.add_option("user", line.user.name, "the name to log in with")->required();
  return command;
}

void addUserCommands(CLI::App& app, CommandLine& line) {
  CLI::App& group = addGroup(
      app, "user", "users in Redis (login.authenticators: [redis]); those of the password file are shown only");
  UserOptions& user = line.user;
  const char* const from_stdin = "read the password from standard input, one line, instead of asking twice";
  CLI::App& added = addUserCommand(group, line, "add", "add a user; asks for the password", userAdd);
  added.add_option("--id", user.id, "what applications and `session --user` know the user by; default: the name");
  added.add_option("--name", user.display_name, "what the user is called on pages; default: the name");
  added.add_option("--email", user.email, "the address that applications are told");
  added.add_option("--role", user.roles, "a role, which policies and applications know; may be given several times")
      ->allow_extra_args(false);
  added.add_flag("--disabled", user.disabled, "nobody can log in as this user until `user enable`");
  added.add_flag("--stdin", user.from_stdin, from_stdin);
  addUserCommand(group, line, "passwd", "give a user another password, and end the user's sessions", userPasswd)
      .add_flag("--stdin", user.from_stdin, from_stdin);
  addUserCommand(group, line, "disable", "let nobody log in as this user any more, and end the user's sessions",
                 userDisable);
  addUserCommand(group, line, "enable", "take `user disable` back", userEnable);
  addUserCommand(group, line, "del", "remove a user, and end the user's sessions", userDel)
      .add_flag("-y,--yes", user.yes, "do not ask; needed where nobody sits at a terminal");
  addUserCommand(group, line, "show", "say what is known of a user", userShow);
  add(group, "list", "list the users in Redis and in the password file",
      [&line] { line.exit_code = userList(line.common); });
  add(
      group, "import",
      "add the users of a file in the form of htpasswd (NAME:HASH, or NAME:HASH:id=42;name=Ada;roles=admin,staff): all "
      "of them, or none if a line is bad or a name is taken",
      [&line] { line.exit_code = userImport(line.common, line.user); },
      "Further fields: sessiond.yaml(5) at login.htpasswd_file.")
      .add_option("file", user.file, "the file")
      ->required();
}

void addSecretCommands(CLI::App& app, CommandLine& line) {
  CLI::App& secret = addGroup(app, "secret", "the secrets that sign and verify cookies (session.secret_files)");
  add(secret, "new", "write a new secret to a file that is not there yet; nothing uses it by that",
      [&line] { line.exit_code = secretNew(line.common, line.secret_file); })
      .add_option("file", line.secret_file, "the file")
      ->required();
  add(
      secret, "rotate",
      "have another secret sign from now on, while what the old ones have signed stays good: makes the file if it is "
      "not there, puts it first in session.secret_files, and reloads",
      [&line] { line.exit_code = secretRotate(line.common, line.secret_file); },
      "Before this, give Express applications the new secret, behind the old one (`sessionctl secret new` makes it); "
      "or they log out whoever sessiond signs for. Afterwards put it first there. What the others have signed is "
      "signed anew when it is used. If the daemon does not take it, all is as it was; if it does not answer, nothing "
      "is undone, since it may have. Where the list is not written in brackets, the line to write is said.")
      .add_option("file", line.secret_file, "the secret's file, new or not")
      ->required();
  add(secret, "status", "say which secrets are still seen, and when an old one can go",
      [&line] { line.exit_code = secretStatus(line.common); });
}

void addThrottleCommands(CLI::App& app, CommandLine& line) {
  CLI::App& group =
      addGroup(app, "throttle", "wrong passwords that were counted, and who has to wait (login.throttle)");
  const auto aboutWhom = [&line](CLI::App& command) {
    command
        .add_option("-u,--user", line.throttle.user,
                    "tries as this user: of strangers and at known places; devices cannot be found by the user's name")
        ->check(whyEmpty);
    command.add_option("-n,--network", line.throttle.network, "tries of strangers from this address's network")
        ->check(whyEmpty);
  };
  aboutWhom(add(
      group, "list",
      "list what is counted; without --user and --network all of it, by looking at every key in Redis: whose it "
      "is, is not to be seen there",
      [&line] { line.exit_code = throttleList(line.common, line.throttle); },
      "Users and networks stand in Redis as keyed hashes. A daemon that has just refused somebody goes on for two "
      "seconds."));
  CLI::App& clear = add(group, "clear", "forget what is counted: tries are let in again",
                        [&line] { line.exit_code = throttleClear(line.common, line.throttle); });
  aboutWhom(clear);
  clear.add_flag("--all", line.throttle.all, "all of it");
  clear.add_flag("-y,--yes", line.throttle.yes, "with --all: do not ask");
}

void addExplain(CLI::App& app, CommandLine& line) {
  CLI::App& command = add(
      app, "explain",
      "say step by step why a request with this cookie is let in or refused, and what to do; says "
      "neither a secret nor a session's id, and changes nothing",
      [&line] { line.exit_code = explain(line.common, line.explained); },
      "The running daemon is asked, by what it has in memory; where none can be asked, the same rules "
      "are applied here with nothing in memory. Which of both it was is said, and why.");
  command
      .add_option(
          "--cookie", line.explained.cookie_file,
          "a file with the request's Cookie header, or the session cookie's value; - is standard input, so that "
          "the cookie is in no list of processes")
      ->required();
  command.add_option("--policy", line.explained.policy, "the policy that nginx names there ($sessiond_policy)")
      ->capture_default_str();
  command.add_option("--url", line.explained.url, "the address that was asked for: path and query");
}

}  // namespace

void addCommands(CLI::App& app, CommandLine& line) {
  app.add_option("-c,--config", line.common.config_file, "configuration file")->capture_default_str();
  app.add_flag("--json", line.common.json, "say it as one JSON object");
  app.set_version_flag("-V,--version", "sessionctl " + std::string(kVersion));
  app.require_subcommand(1);
  addDaemonCommands(app, line);
  addSessionCommands(app, line);
  addUserCommands(app, line);
  addExplain(app, line);
  addThrottleCommands(app, line);
  addSecretCommands(app, line);
  addNginxCommands(app, line);
}

}  // namespace sessiond::ctl
