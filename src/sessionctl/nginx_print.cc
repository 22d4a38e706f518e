#include <sysexits.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "config/config_loader.h"
#include "nginx/snippets.h"
#include "sessionctl/commands.h"
#include "sessionctl/nginx_files.h"

namespace sessiond::ctl {

namespace {

/// One after the other, each below its name.
int printAll(const std::vector<nginx::SourceFile>& files) {
  for (const nginx::SourceFile& file : files) std::printf("# --- %s\n%s", file.path.c_str(), file.text.c_str());
  return EX_OK;
}

/// Each beside its place first, so that nginx never reads half a file.
int writeAll(const CommonOptions& options, const std::vector<nginx::SourceFile>& files,
             const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  for (const nginx::SourceFile& file : files) {
    const std::filesystem::path place = folder / file.path;
    const std::filesystem::path beside = place.string() + ".new";
    std::ofstream(beside, std::ios::trunc) << file.text << std::flush;
    if (std::filesystem::file_size(beside, error) != file.text.size() || error)
      return fail(options, EX_CANTCREAT, beside.string() + ": cannot be written");
    std::filesystem::rename(beside, place, error);
    if (error) return fail(options, EX_CANTCREAT, place.string() + ": " + error.message());
  }
  return EX_OK;
}

}  // namespace

int nginxPrint(const CommonOptions& options, const PrintOptions& print) {
  const auto loaded = loadConfig(options.config_file);
  if (!loaded) return sayProblems(options, false, loaded.error(), "");
  const auto folder = print.shipped.empty() ? shippedSnippets() : Expected<std::string, std::string>(print.shipped);
  if (!folder) return fail(options, EX_NOINPUT, folder.error());
  const auto shipped = readSnippets(*folder);
  if (!shipped) return fail(options, EX_NOINPUT, shipped.error());
  const auto files = nginx::printSnippets(*shipped, snippetSettingsOf(loaded->config));
  return print.folder.empty() ? printAll(files) : writeAll(options, files, print.folder);
}

}  // namespace sessiond::ctl
