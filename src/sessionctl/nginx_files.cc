#include "sessionctl/nginx_files.h"

#include <glob.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/file.h"

namespace sessiond::ctl {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLargestFile = std::size_t{16} * 1024 * 1024;

std::vector<std::string> matching(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  return paths;
}

}  // namespace

nginx::FileFinder finderBelow(std::string folder) {
  return [folder = std::move(folder)](const std::string& pattern) {
    std::vector<nginx::SourceFile> files;
    for (const std::string& path : matching((fs::path(folder) / pattern).string())) {
      if (auto contents = readFile(path, kLargestFile)) files.push_back({path, std::move(contents->bytes)});
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

}  // namespace sessiond::ctl
