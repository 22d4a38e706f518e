#include <sysexits.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "config/config_file.h"
#include "nginx/snippets.h"
#include "sessionctl/commands.h"
#include "sessionctl/nginx_files.h"

namespace sessiond::ctl {

namespace {

/// `folder`: where they were written to; empty: nowhere, so their texts are said.
int sayPrinted(const CommonOptions& options, const std::vector<nginx::SourceFile>& files, const std::string& folder) {
  if (options.json) {
    std::vector<std::string> list;
    list.reserve(files.size());
    for (const nginx::SourceFile& file : files) {
      JsonObject one;
      one.text("name", file.path);
      if (folder.empty()) one.text("text", file.text);
      list.push_back(one.json());
    }
    std::printf("%s\n", JsonObject().flag("ok", true).textOrNull("folder", folder).list("files", list).json().c_str());
  } else if (folder.empty()) {
    for (const nginx::SourceFile& file : files) std::printf("# --- %s\n%s", file.path.c_str(), file.text.c_str());
  } else {
    sayDone(std::to_string(files.size()) + " snippets are in " + folder + "; now: nginx -t && systemctl reload nginx");
  }
  return EX_OK;
}

/// Why nothing is written there: in the folder of the shipped ones, which the package's /etc/nginx/sessiond is a link
/// to, it would stay until the next upgrade puts those of the defaults back. Nothing: it may be.
std::optional<std::string> whyNotInto(const CommonOptions& options, const std::string& folder,
                                      const std::string& read_from) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const auto installed = shippedSnippets();
  const bool is_shipped =
      fs::equivalent(folder, read_from, ignored) || (installed && fs::equivalent(folder, *installed, ignored));
  if (!is_shipped) return std::nullopt;
  const std::string link = folder.substr(0, folder.find_last_not_of('/') + 1);
  if (!fs::is_symlink(link, ignored))
    return folder + " is the folder of the shipped snippets, which the next upgrade overwrites; name one of your own";
  return link + " is a link to the shipped snippets, which the next upgrade overwrites; remove it first: rm " + link +
         " -- then run this again, and sessiond -c " + options.config_file + " --write-pages " + link + "/pages";
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
  return sayPrinted(options, files, folder.string());
}

}  // namespace

int nginxPrint(const CommonOptions& options, const PrintOptions& print) {
  const auto read = readConfigFile(options.config_file);
  if (!read) return sayProblems(options, false, read.error(), "");
  const auto folder = print.shipped.empty() ? shippedSnippets() : Expected<std::string, std::string>(print.shipped);
  if (!folder) return fail(options, EX_NOINPUT, folder.error());
  if (const auto why = whyNotInto(options, print.folder, *folder)) return fail(options, EX_CANTCREAT, *why);
  const auto shipped = readSnippets(*folder);
  if (!shipped) return fail(options, EX_NOINPUT, shipped.error());
  const auto files = snippetsFor(read->config, *shipped);
  return print.folder.empty() ? sayPrinted(options, files, "") : writeAll(options, files, print.folder);
}

}  // namespace sessiond::ctl
