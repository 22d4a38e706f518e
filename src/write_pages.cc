#include "write_pages.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string_view>
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

/// Is it called as a language's page is, by two or three letters? What is called otherwise is somebody else's.
bool isOfLanguage(std::string_view name) {
  constexpr std::string_view kBefore = "unavailable.";
  constexpr std::string_view kBehind = ".html";
  if (!name.starts_with(kBefore) || !name.ends_with(kBehind)) return false;
  name.remove_prefix(kBefore.size());
  return (name.size() == kBehind.size() + 2 || name.size() == kBehind.size() + 3) &&
         std::ranges::all_of(name.substr(0, name.size() - kBehind.size()), [](char c) { return c >= 'a' && c <= 'z'; });
}

/// Whole, or not at all: what was there is good until then.
bool writeWhole(const fs::path& file, const std::string& text) {
  fs::path beside = file;
  beside += ".new";
  std::ofstream out(beside, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  std::error_code error;
  if (out) fs::rename(beside, file, error);
  if (out && !error) return true;
  fs::remove(beside, error);
  return false;
}

void removeOthers(const std::string& folder, const std::map<std::string, std::string>& files) {
  std::vector<fs::path> old;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (isOfLanguage(name) && !files.contains(name)) old.push_back(entry.path());
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
    if (!writeWhole(file, pages.standalone(PageName::kUnavailable, std::move(values), language)))
      problems.push_back(file.string() + ": cannot be written");
  }
  if (problems.empty()) removeOthers(folder, files);
  return problems;
}

}  // namespace sessiond
