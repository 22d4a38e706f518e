#include "sessionctl/manual.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <string_view>
#include <vector>

#include "base/version.h"
#include "config/config_file.h"
#include "sessionctl/completion.h"

namespace sessiond::ctl {
namespace {

constexpr std::string_view kDescription =
    R"(Looks after sessiond(8): who is logged in and may log in, why a request was refused, whether everything is wired up.
What concerns sessions and users is done in Redis, as the configuration says, so it works while the daemon is down; what only
the daemon knows it is asked over a socket that is for root alone. All of it is root's to do, who may read the secrets.
.PP
Every command takes the options of all, before or behind its own. On a pipe nothing is said that was not asked for.)";

constexpr std::string_view kExitStatus =
    R"(0: done. 1: something was found (doctor, nginx lint). 64: wrong usage. 65: what was given makes no sense. 66, 67: there is
no such file or session, no such user. 69: the daemon or Redis is not there. 71: the system refuses something. 73: it is there
already. 74: standard output cannot be written to; what was done is done. 75: Redis did not answer in time, or somebody else is
changing the same; run it again. 76: the daemon does not answer. 77: not allowed. 78: the configuration is wrong.)";

/// What would be an instruction to the formatter is none.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (out.empty() || out.back() == '\n') {
      if (c == '.' || c == '\'') out += "\\&";
    }
    if (c == '-') out += '\\';
    out += c;
    if (c == '\\') out += 'e';
  }
  return out;
}

std::string bold(const std::string& text) {
  return "\\fB" + escaped(text) + "\\fR";
}

/// `--user` wants a USER.
std::string valueName(const CLI::Option& option) {
  std::string name = option.get_lnames().empty() ? option.get_name(true) : option.get_lnames().front();
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return "\\fI" + escaped(name) + "\\fR";
}

std::string spelled(const CLI::Option& option) {
  std::string names;
  for (const std::string& name : option.get_snames()) names += bold("-" + name) + ", ";
  for (const std::string& name : option.get_lnames()) names += bold("--" + name) + ", ";
  names.resize(names.size() - 2);
  return !takesValue(option) ? names : names + " " + valueName(option);
}

std::string synopsis(const CLI::App& command, const std::string& path) {
  std::string line = bold(path);
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional()) {
      const std::string many = option->get_items_expected_max() > 1 ? "..." : "";
      const std::string name = valueName(*option) + many;
      line += option->get_required() ? " " + name : " [" + name + "]";
    } else if (!option->get_lnames().empty() && option->get_lnames().front() != "help" &&
               !option->get_group().empty()) {
      const std::string value = !takesValue(*option) ? "" : " " + valueName(*option);
      const std::string whole = bold("--" + option->get_lnames().front()) + value;
      line += option->get_required() ? " " + whole : " [" + whole + "]";
    }
  }
  return line;
}

std::string optionsOf(const CLI::App& app) {
  std::string list;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty() || (!option->get_lnames().empty() && option->get_lnames().front() == "help"))
      continue;
    const std::string name = option->get_positional() ? valueName(*option) : spelled(*option);
    const std::string usual = option->get_default_str();
    list += ".TP\n" + name + "\n" + escaped(option->get_description()) +
            (usual.empty() ? "" : " (default: " + escaped(usual) + ")") + "\n";
  }
  return list;
}

void describe(const CLI::App& app, const std::string& path, std::string& out) {
  const auto below = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* command : below) {
    const std::string whole = path.empty() ? command->get_name() : path + " " + command->get_name();
    if (!command->get_subcommands([](const CLI::App*) { return true; }).empty()) {
      out += ".SS " + escaped(whole) + ": " + escaped(command->get_description()) + "\n";
      describe(*command, whole, out);
      continue;
    }
    out += ".TP\n" + synopsis(*command, whole) + "\n" + escaped(command->get_description()) + ".\n";
    const std::string options = optionsOf(*command);
    if (!options.empty()) out += ".RS\n" + options + ".RE\n";
    if (!command->get_footer().empty()) out += ".RS\n.PP\n" + escaped(command->get_footer()) + "\n.RE\n";
  }
}

}  // namespace

std::string manualOf(const CLI::App& app) {
  std::string commands;
  describe(app, "", commands);
  return ".\\\" Made by `sessionctl --manual`.\n.TH SESSIONCTL 1 \"\" \"sessiond " + std::string(kVersion) +
         "\" \"sessiond\"\n.SH NAME\nsessionctl \\- look after sessiond\n.SH SYNOPSIS\n.B sessionctl\n.RI [ OPTION "
         "...]\n"
         ".I COMMAND\n.RI [ OPTION ...]\n.SH DESCRIPTION\n" +
         std::string(kDescription) + "\n.SH OPTIONS\n" + optionsOf(app) + ".SH COMMANDS\n" + commands +
         ".SH \"EXIT STATUS\"\n" + std::string(kExitStatus) + "\n.SH FILES\n.TP\n.I " +
         std::string(kDefaultConfigFile) +
         "\nThe daemon's configuration.\n.SH \"SEE ALSO\"\n"
         ".BR sessiond (8),\n.BR sessiond.yaml (5),\n.BR htpasswd (1)\n";
}

}  // namespace sessiond::ctl
