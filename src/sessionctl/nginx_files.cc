#include "sessionctl/nginx_files.h"

#include <glob.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/file.h"

namespace sessiond::ctl {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLargestFile = std::size_t{16} * 1024 * 1024;
constexpr std::size_t kLargestText = std::size_t{64} * 1024 * 1024;

std::vector<std::string> matching(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  return paths;
}

nginx::SnippetSettings snippetSettingsOf(const Config& config) {
  nginx::SnippetSettings settings{.socket = config.listen.socket,
                                  .login_url = config.login.url,
                                  .cookie = config.cookie.name,
                                  .identity = {},
                                  .policies = {}};
  for (const IdentityHeader& header : config.identity) settings.identity.push_back(header.name);
  for (const SessionPolicy& policy : config.policies) settings.policies.push_back(policy.name);
  return settings;
}

}  // namespace

nginx::FileFinder finderBelow(std::string folder, UnreadFiles* unread) {
  return [folder = std::move(folder), unread](const std::string& pattern) {
    std::vector<nginx::SourceFile> files;
    for (const std::string& path : matching((fs::path(folder) / pattern).string())) {
      auto contents = readFile(path, kLargestFile);
      if (contents) files.push_back({path, std::move(contents->bytes)});
      if (!contents && unread != nullptr) unread->emplace(path, contents.error());
    }
    return files;
  };
}

Expected<std::string, std::string> shippedSnippets() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error).parent_path();
  std::string looked_in;
  for (const fs::path& folder : {program / "../share/sessiond/nginx", program / "../../nginx"}) {
    if (fs::exists(folder / "upstream.conf", error)) return folder.lexically_normal().string();
    looked_in += (looked_in.empty() ? "" : ", ") + folder.lexically_normal().string();
  }
  return Unexpected("the shipped snippets are not in " + looked_in + "; name their folder with --shipped");
}

Expected<std::vector<nginx::SourceFile>, std::string> readSnippets(const std::string& folder) {
  std::vector<nginx::SourceFile> snippets;
  for (const std::string& path : matching((fs::path(folder) / "*.conf").string())) {
    auto contents = readFile(path, kLargestFile);
    if (!contents) return Unexpected(path + ": " + contents.error());
    snippets.push_back({fs::path(path).filename().string(), std::move(contents->bytes)});
  }
  if (snippets.empty()) return Unexpected(folder + ": there is no snippet here");
  return snippets;
}

Expected<std::string, std::string> readNginxText(const std::string& file) {
  if (file == "-") {
    auto bytes = readBytes(STDIN_FILENO, kLargestText);
    if (!bytes) return Unexpected(std::string("standard input cannot be read"));
    if (bytes->size() > kLargestText) return Unexpected(std::string("standard input is larger than 64 MiB"));
    return *std::move(bytes);
  }
  auto contents = readFile(file, kLargestText);
  if (!contents) return Unexpected(file + ": " + contents.error());
  return std::move(contents->bytes);
}

Expected<nginx::Directives, nginx::SyntaxError> directivesOf(const std::string& file, const std::string& text) {
  std::vector<nginx::SourceFile> files = nginx::splitDump(text);
  if (files.empty()) return nginx::readConfiguration({file, text}, finderBelow(fs::path(file).parent_path().string()));
  const nginx::SourceFile main = files.front();
  return nginx::readConfiguration(main, nginx::finderIn(std::move(files), fs::path(main.path).parent_path().string()));
}

nginx::Findings lintText(const std::string& file, const std::string& text, const nginx::SessiondFacts& facts) {
  if (!nginx::splitDump(text).empty()) return nginx::lintDump(text, facts);
  UnreadFiles unread;
  auto findings = nginx::lintNginx({file, text}, finderBelow(fs::path(file).parent_path().string(), &unread), facts);
  for (const auto& [path, why] : unread) {
    findings.push_back({{nginx::Severity::kFault, "not-looked-at", "it is included, and was not looked at: " + why,
                         "let it be read, or let it not be included"},
                        {path, 1}});
  }
  return findings;
}

std::vector<nginx::SourceFile> snippetsFor(const Config& config, const std::vector<nginx::SourceFile>& shipped) {
  return nginx::printSnippets(shipped, snippetSettingsOf(Config()), snippetSettingsOf(config));
}

nginx::SessiondFacts factsOf(const Config& config) {
  nginx::SnippetSettings settings = snippetSettingsOf(config);
  nginx::SessiondFacts facts{.policies = std::move(settings.policies),
                             .optional = {},
                             .identity = std::move(settings.identity),
                             .identity_max_bytes = config.session.identity_max_bytes};
  for (const SessionPolicy& policy : config.policies) {
    if (!policy.require_session) facts.optional.push_back(policy.name);
  }
  const auto folder = shippedSnippets();
  const auto shipped = folder ? readSnippets(*folder)
                              : Expected<std::vector<nginx::SourceFile>, std::string>(Unexpected(folder.error()));
  if (shipped) facts.snippets = snippetsFor(config, *shipped);
  return facts;
}

std::vector<std::string> filesBelow(const std::string& folder) {
  return matching((fs::path(folder) / "*.html").string());
}

}  // namespace sessiond::ctl
