#include "os/process_figures.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

namespace sessiond {
namespace {

std::string contentOf(const char* file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

/// When the machine was started, in seconds since 1970.
double bootTime() {
  const std::string text = contentOf("/proc/stat");
  const std::size_t line = text.find("\nbtime ");
  double time = 0;
  if (line != std::string::npos) std::istringstream(text.substr(line + 7)) >> time;
  return time;
}

double countOpenFiles() {
  std::error_code error;
  double count = 0;
  for (std::filesystem::directory_iterator file("/proc/self/fd", error), end; !error && file != end;
       file.increment(error))
    ++count;
  return count > 0 ? count - 1 : 0;  // without the one that this was counted by
}

}  // namespace

ProcessFigures processFigures() {
  ProcessFigures figures;
  figures.open_files = countOpenFiles();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) figures.most_open_files = static_cast<double>(limit.rlim_cur);

  // The name, in parentheses, may hold anything; behind it stand numbers, the third field of all first.
  const std::string stat = contentOf("/proc/self/stat");
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return figures;
  std::istringstream fields(stat.substr(name_end + 1));
  const auto skip = [&fields](int count) {
    std::string ignored;
    for (int i = 0; i < count; ++i) fields >> ignored;
  };
  double user = 0;
  double system = 0;
  double started = 0;
  double resident_pages = 0;
  skip(11);  // 3 to 13
  fields >> user >> system;
  skip(6);  // 16 to 21
  fields >> started >> figures.virtual_bytes >> resident_pages;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  figures.cpu_seconds = (user + system) / ticks;
  figures.start_time = bootTime() + started / ticks;
  figures.resident_bytes = resident_pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
  return figures;
}

}  // namespace sessiond
