#include "write_pages.h"

#include <filesystem>
#include <fstream>
#include <system_error>

#include "endpoints/plain_answers.h"

namespace sessiond {

std::vector<std::string> writePages(const PageBook& pages, const std::string& folder) {
  std::vector<std::string> problems;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  for (const std::string& language : pages.languages()) {
    PageValues values;
    values.message("text", "check_unavailable").text("n", kRetryAfter);
    const std::string file = std::string(folder).append("/unavailable.").append(language).append(".html");
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << pages.standalone(PageName::kUnavailable, std::move(values), language);
    out.close();
    if (!out) problems.push_back(file + ": cannot be written");
  }
  return problems;
}

}  // namespace sessiond
