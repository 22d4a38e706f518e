#include "write_pages.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <system_error>

#include "http/response.h"

namespace sessiond {
namespace {

namespace fs = std::filesystem;

/// File name and language.
std::map<std::string, std::string> filesOf(const PageBook& pages) {
  const std::vector<std::string> languages = pages.languages();
  std::map<std::string, std::string> files = {{"unavailable.html", languages.front()}};
  for (const std::string& language : languages)
    files.emplace("unavailable." + language.substr(0, language.find('-')) + ".html", language);
  return files;
}

void removeOthers(const std::string& folder, const std::map<std::string, std::string>& files) {
  std::vector<fs::path> old;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("unavailable.") && name.ends_with(".html") && !files.contains(name))
      old.push_back(entry.path());
  }
  for (const fs::path& file : old) fs::remove(file, error);
}

}  // namespace

std::vector<std::string> writePages(const PageBook& pages, const std::string& folder) {
  std::vector<std::string> problems;
  std::error_code error;
  fs::create_directories(folder, error);
  const std::map<std::string, std::string> files = filesOf(pages);
  for (const auto& [name, language] : files) {
    PageValues values;
    values.message("text", "check_unavailable").text("n", kRetryAfter);
    const fs::path file = fs::path(folder) / name;
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << pages.standalone(PageName::kUnavailable, std::move(values), language);
    out.close();
    if (!out) problems.push_back(file.string() + ": cannot be written");
  }
  removeOthers(folder, files);
  return problems;
}

}  // namespace sessiond
