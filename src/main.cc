// The daemon's command line and exit codes.
//
//   0   stopped as asked, or the configuration checked is good
//   64  wrong usage
//   71  the system refused something (a socket, a descriptor)
//   74  standard output did not take what was to be printed
//   78  the configuration is wrong, in itself or for the Redis it names (EX_CONFIG of sysexits.h)

#include <sys/prctl.h>
#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "base/clock.h"
#include "base/version.h"
#include "config/config_dump.h"
#include "config/config_file.h"
#include "config/config_schema.h"
#include "daemon.h"
#include "os/standard_streams.h"
#include "prepare.h"
#include "write_pages.h"

namespace {

int writePages(const std::string& folder, const sessiond::PageBook& pages) {
  const std::vector<std::string> problems = sessiond::writePages(pages, folder);
  for (const std::string& problem : problems) std::fprintf(stderr, "%s\n", problem.c_str());
  return problems.empty() ? 0 : EX_OSERR;
}

int run(int argc, char** argv) {
  std::string config_file(sessiond::kDefaultConfigFile);
  bool test = false;
  bool test_and_dump = false;
  std::string pages_folder;
  CLI::App app("sessiond: sessions behind nginx, shared with Express", "sessiond");
  app.add_option("-c,--config", config_file, "configuration file")->capture_default_str();
  app.add_flag("-t,--test", test, "check the configuration and exit (0 good, 78 wrong)");
  app.add_option(
      "--write-pages", pages_folder,
      "write the pages that nginx shows while sessiond is away to this folder, and exit (built-in look without "
      "-c)");
  bool schema = false;
  app.add_flag("--schema", schema, "print the JSON Schema of the configuration file, and exit");
  app.add_flag("-T,--dump", test_and_dump, "check it and print what is in force, secrets hidden");
  app.set_version_flag("-V,--version", "sessiond " + std::string(sessiond::kVersion));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : EX_USAGE;
  }

  if (schema) {
    std::puts(sessiond::configSchema().c_str());
    return 0;
  }
  // At an installation there is no configuration yet.
  if (!pages_folder.empty() && app.count("-c") == 0) return writePages(pages_folder, sessiond::builtInPages());
  if (!test && !test_and_dump && pages_folder.empty()) return sessiond::runDaemon(config_file);
  const sessiond::SystemClock clock;
  const auto prepared = sessiond::prepare(config_file, sessiond::ListeningSocket::kOurOwn, clock);
  print(prepared ? prepared->warnings : prepared.error());
  if (!prepared) return EX_CONFIG;
  if (!pages_folder.empty()) return writePages(pages_folder, prepared->pages);
  if (test_and_dump) {
    std::fputs(dumpConfig(*prepared->config).c_str(), stdout);
  } else {
    std::printf("%s: the configuration is good\n", config_file.c_str());
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  // Secrets are in memory: no core file may have them, and no other process of the same user may look.
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  sessiond::occupyStandardStreams();
  return sessiond::exitCodeOnceWritten(run(argc, argv), "sessiond: standard output cannot be written to");
}
