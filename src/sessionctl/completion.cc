#include "sessionctl/completion.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <vector>

namespace sessiond::ctl {
namespace {

struct Word {
  std::string text;
  std::string what;
};

struct Choice {
  std::string long_name;
  std::string short_name;
  std::string what;
  bool takes_value = false;
};

/// A command, or the group that it is in.
struct Place {
  std::string path;  ///< "session list"; empty: nothing is chosen yet
  std::vector<Word> commands;
  std::vector<Choice> options;
  bool takes_file = false;
};

bool namesFile(const CLI::Option& option) {
  const std::string name = option.get_name(option.get_positional());
  return name == "file" || name == "--config" || name == "--cookie" || name == "--to" || name == "--shipped" ||
         name == "--nginx";
}

void collect(const CLI::App& app, const std::string& path, std::vector<Place>& places) {
  Place place{.path = path, .commands = {}, .options = {}};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    place.takes_file = place.takes_file || (option->get_positional() && namesFile(*option));
    if (option->get_lnames().empty()) continue;
    place.options.push_back({.long_name = option->get_lnames().front(),
                             .short_name = option->get_snames().empty() ? "" : option->get_snames().front(),
                             .what = option->get_description(),
                             .takes_value = takesValue(*option)});
  }
  const auto below = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* command : below) place.commands.push_back({command->get_name(), command->get_description()});
  places.push_back(std::move(place));
  for (const CLI::App* command : below)
    collect(*command, path.empty() ? command->get_name() : path + " " + command->get_name(), places);
}

/// In single quotes of a shell; what would end a description is left out.
std::string inQuotes(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("’") : std::string(1, c);
  return out + "'";
}

/// Lines that find the place in `path` by the words before the cursor.
std::string walk(const std::vector<Place>& places, const std::string& indent) {
  std::string lines;
  for (const Place& place : places) {
    if (place.path.empty()) continue;
    const bool is_first = place.path.find(' ') == std::string::npos;
    lines += indent;
    lines += inQuotes(is_first ? " " + place.path : place.path);
    lines += ") place=" + inQuotes(place.path) + " ;;\n";
  }
  return lines;
}

std::string forBash(const std::vector<Place>& places) {
  std::string out =
      "# shellcheck shell=bash\n# Completion of sessionctl for bash; made by `sessionctl --completion bash`.\n\n"
      "_sessionctl() {\n  local place='' words='' files='' i\n  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case \"$place ${COMP_WORDS[i]}\" in\n" +
      walk(places, "      ") + "    esac\n  done\n  case $place in\n";
  for (const Place& place : places) {
    std::string words;
    for (const Word& command : place.commands) words += (words.empty() ? "" : " ") + command.text;
    for (const Choice& option : place.options) words += (words.empty() ? "--" : " --") + option.long_name;
    out +=
        "    " + inQuotes(place.path) + ") words=" + inQuotes(words) + (place.takes_file ? " files=yes" : "") + " ;;\n";
  }
  return out +
         "  esac\n  case ${COMP_WORDS[COMP_CWORD - 1]} in\n"
         "    -c | --config | --cookie | --nginx | --to | --shipped) words='' files=yes ;;\n  esac\n"
         "  mapfile -t COMPREPLY < <(\n    compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"\n"
         "    [ -z \"$files\" ] || compgen -f -- \"${COMP_WORDS[COMP_CWORD]}\"\n  )\n}\n"
         "complete -o filenames -F _sessionctl sessionctl\n";
}

/// What _describe takes: a colon ends the word.
std::string described(const std::string& word, const std::string& what) {
  return inQuotes(word + ":" + what);
}

std::string forZsh(const std::vector<Place>& places) {
  std::string out =
      "#compdef sessionctl\n# Completion of sessionctl for zsh; made by `sessionctl --completion zsh`.\n\n"
      "_sessionctl() {\n  local place='' files='' word\n  local -a commands options\n"
      "  for word in \"${(@)words[2,CURRENT-1]}\"; do\n    case \"$place $word\" in\n" +
      walk(places, "      ") + "    esac\n  done\n  case $place in\n";
  for (const Place& place : places) {
    out += "    " + inQuotes(place.path) + ")\n      commands=(";
    for (const Word& command : place.commands) out += "\n        " + described(command.text, command.what);
    out += ")\n      options=(";
    for (const Choice& option : place.options) out += "\n        " + described("--" + option.long_name, option.what);
    out += std::string(")\n") + (place.takes_file ? "      files=yes\n" : "") + "      ;;\n";
  }
  return out +
         "  esac\n  case $words[CURRENT-1] in\n    -c|--config|--cookie|--nginx|--to|--shipped) _files; return ;;\n  "
         "esac\n"
         "  (( $#commands )) && _describe command commands\n  (( $#options )) && _describe -o option options\n"
         "  [[ -z $files ]] || _files\n}\n\n_sessionctl \"$@\"\n";
}

std::string forFish(const std::vector<Place>& places) {
  std::string out =
      "# Completion of sessionctl for fish; made by `sessionctl --completion fish`.\n\ncomplete -c sessionctl -f\n";
  for (const Place& place : places) {
    std::string condition = place.path.empty() ? "__fish_use_subcommand" : "";
    for (std::size_t begin = 0; begin < place.path.size();) {
      const std::size_t end = std::min(place.path.find(' ', begin), place.path.size());
      if (!condition.empty()) condition += "; and ";
      condition += "__fish_seen_subcommand_from " + place.path.substr(begin, end - begin);
      begin = end + 1;
    }
    std::string no_command = condition;
    if (!place.path.empty() && !place.commands.empty()) {
      no_command += "; and not __fish_seen_subcommand_from";
      for (const Word& command : place.commands) no_command += " " + command.text;
    }
    for (const Word& command : place.commands) {
      out += "complete -c sessionctl -n " + inQuotes(no_command) + " -a " + command.text + " -d " +
             inQuotes(command.what) + "\n";
    }
    for (const Choice& option : place.options) {
      out += std::string("complete -c sessionctl") + (place.path.empty() ? "" : " -n " + inQuotes(condition)) + " -l " +
             option.long_name + (option.short_name.empty() ? "" : " -s " + option.short_name) +
             (option.takes_value ? " -r -F" : "") + " -d " + inQuotes(option.what) + "\n";
    }
    if (place.takes_file) out += "complete -c sessionctl -n " + inQuotes(condition) + " -F\n";
  }
  return out;
}

}  // namespace

bool takesValue(const CLI::Option& option) {
  return option.get_expected_min() > 0;
}

std::optional<std::string> completionFor(const CLI::App& app, std::string_view shell) {
  std::vector<Place> places;
  collect(app, "", places);
  if (shell == "bash") return forBash(places);
  if (shell == "zsh") return forZsh(places);
  if (shell == "fish") return forFish(places);
  return std::nullopt;
}

}  // namespace sessiond::ctl
