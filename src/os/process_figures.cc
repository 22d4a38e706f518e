#include "os/process_figures.h"

#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
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

void skip(std::istringstream& fields, int count) {
  std::string ignored;
  for (int i = 0; i < count; ++i) fields >> ignored;
}

/// From the fourth field of /proc/self/stat on; the name before them, in parentheses, may hold anything.
std::istringstream fieldsOfStat() {
  const std::string stat = contentOf("/proc/self/stat");
  const std::size_t name_end = stat.rfind(')');
  std::istringstream fields(name_end == std::string::npos ? "" : stat.substr(name_end + 1));
  skip(fields, 1);
  return fields;
}

double ticksPerSecond() {
  return static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double secondsOf(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
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

  std::istringstream fields = fieldsOfStat();
  double user = 0;
  double system = 0;
  double resident_pages = 0;
  skip(fields, 10);  // 4 to 13
  fields >> user >> system;
  skip(fields, 7);  // 16 to 22
  fields >> figures.virtual_bytes >> resident_pages;
  figures.cpu_seconds = (user + system) / ticksPerSecond();
  figures.resident_bytes = resident_pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
  return figures;
}

/// The machine's own start is in /proc/stat, which a sandbox may hide (ProcSubset=pid); the clocks are there.
double processStart() {
  std::istringstream fields = fieldsOfStat();
  double started = 0;  // in ticks since the machine's start
  skip(fields, 18);    // 4 to 21
  if (!(fields >> started)) return 0;
  return secondsOf(CLOCK_REALTIME) - (secondsOf(CLOCK_BOOTTIME) - started / ticksPerSecond());
}

}  // namespace sessiond
