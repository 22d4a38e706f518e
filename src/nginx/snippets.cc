#include "nginx/snippets.h"

#include <algorithm>
#include <string_view>

#include "nginx/header_name.h"
#include "nginx/variables.h"

namespace sessiond::nginx {
namespace {

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

/// The longest text, for columns.
std::size_t widest(const std::vector<std::string>& texts) {
  std::size_t width = 0;
  for (const std::string& text : texts) width = std::max(width, text.size());
  return width;
}

/// Every spelling of a header with at least one underscore in place of a dash.
std::vector<std::string> underscored(const std::string& header) {
  std::vector<std::size_t> dashes;
  for (std::size_t at = header.find('-'); at != std::string::npos; at = header.find('-', at + 1)) dashes.push_back(at);
  std::vector<std::string> spellings;
  for (std::size_t bits = 1; bits < (std::size_t{1} << dashes.size()); ++bits) {
    std::string spelling = header;
    // The last dash changes first, as people count.
    for (std::size_t i = 0; i < dashes.size(); ++i) {
      if ((bits >> i & 1) != 0) spelling[dashes[dashes.size() - 1 - i]] = '_';
    }
    spellings.push_back(spelling);
  }
  return spellings;
}

std::vector<std::string> each(const std::vector<std::string>& headers, std::string (*name_of)(const std::string&)) {
  std::vector<std::string> names(headers.size());
  std::transform(headers.begin(), headers.end(), names.begin(), name_of);
  return names;
}

std::string variableLines(const std::vector<std::string>& identity) {
  const std::vector<std::string> variables = each(identity, identityVariable);
  std::string lines;
  for (std::size_t i = 0; i < identity.size(); ++i) {
    lines += "auth_request_set " + padded(variables[i], widest(variables)) + " $upstream_http_" +
             plainName(identity[i]) + ";\n";
  }
  return lines;
}

std::string mapBlocks(const std::vector<std::string>& identity) {
  std::string blocks;
  for (const std::string& header : identity) {
    blocks += "map \"\" " + identityVariable(header) + " {\n    default \"\";\n}\n";
  }
  return blocks;
}

std::string headerLines(const std::vector<std::string>& identity, const std::string& directive) {
  std::string lines;
  for (const std::string& header : identity) {
    lines += directive + " " + padded(header, widest(identity)) + " " + identityVariable(header) + ";\n";
  }
  return lines;
}

std::string underscoredLines(const std::vector<std::string>& identity, const std::string& directive) {
  std::string lines;
  for (const std::string& header : identity) {
    for (const std::string& spelling : underscored(header)) {
      lines += directive + " " + padded(spelling, widest(identity)) + " \"\";\n";
    }
  }
  return lines;
}

std::string parameterLines(const std::vector<std::string>& identity, const std::string& directive) {
  const std::vector<std::string> names = each(identity, parameterName);
  std::string lines;
  for (std::size_t i = 0; i < identity.size(); ++i) {
    lines += directive + " " + padded(names[i], widest(names)) + " " + identityVariable(identity[i]) + ";\n";
  }
  return lines;
}

/// Does the application send a cookie of that name? nginx before 1.23 shows the first Set-Cookie line only, but all of
/// them to who asks for a name that a variable can have.
std::string cookieLines(const std::string& name) {
  const std::string renewed = " $sessiond_check_cookie;\n";
  if (std::ranges::all_of(name, isNameByte)) {
    return "map $upstream_cookie_" + name +
           " $sessiond_cookie_to_send {\n    volatile;\n    default  \"\";\n    \"\"      " + renewed + "}\n";
  }
  std::string pattern = "\"~(^|, ?)";
  for (const char byte : name) {
    if (!isNameByte(byte)) pattern += '\\';
    pattern += byte;
  }
  pattern += "=\" ";
  return "map $upstream_http_set_cookie $sessiond_cookie_to_send {\n    volatile;\n    " +
         padded("default", pattern.size()) + renewed + "    " + pattern + " \"\";\n}\n";
}

void replaceAll(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

}  // namespace

std::string identityVariable(const std::string& header) {
  const std::string name = plainName(header);
  return name.starts_with("x_user_") ? "$sessiond_" + name.substr(2) : "$sessiond_header_" + name;
}

std::vector<SourceFile> printSnippets(const std::vector<SourceFile>& shipped, const SnippetSettings& defaults,
                                      const SnippetSettings& settings) {
  const auto exchange = [&](std::string& text, const auto& lines, const auto&... more) {
    replaceAll(text, lines(defaults.identity, more...), lines(settings.identity, more...));
  };
  std::vector<SourceFile> printed = shipped;
  for (auto& [path, text] : printed) {
    exchange(text, variableLines);
    exchange(text, mapBlocks);
    for (const std::string directive : {"proxy_set_header", "grpc_set_header"}) {
      exchange(text, headerLines, directive);
      exchange(text, underscoredLines, directive);
    }
    for (const std::string directive : {"fastcgi_param", "uwsgi_param", "scgi_param"}) {
      exchange(text, parameterLines, directive);
    }
    const std::string server = settings.socket.starts_with('/') ? "unix:" + settings.socket : settings.socket;
    replaceAll(text, "server unix:" + defaults.socket + " ", "server " + server + " ");
    replaceAll(text, cookieLines(defaults.cookie), cookieLines(settings.cookie));
    replaceAll(text, "location = " + defaults.login_url + " {", "location = " + settings.login_url + " {");
    replaceAll(text, "    \"\"      " + defaults.login_url + ";", "    \"\"      " + settings.login_url + ";");
  }
  const auto pattern = std::find_if(shipped.begin(), shipped.end(),
                                    [](const SourceFile& file) { return file.path == "policy-default.conf"; });
  for (const std::string& policy : settings.policies) {
    if (policy == "default" || pattern == shipped.end()) continue;
    SourceFile file{"policy-" + policy + ".conf", pattern->text};
    replaceAll(file.text, "set $sessiond_policy default;", "set $sessiond_policy " + policy + ";");
    replaceAll(file.text, "policy `default`", "policy `" + policy + "`");
    printed.push_back(std::move(file));
  }
  return printed;
}

}  // namespace sessiond::nginx
