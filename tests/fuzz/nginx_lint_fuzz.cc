// Any text as an nginx configuration, and as the output of `nginx -T`: the parser and the linter end, and a text that
// parses does so again when it is included.

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "nginx/lint.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sessiond::nginx;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto none = [](const std::string&) { return std::vector<SourceFile>(); };
  const auto alone = readConfiguration({"main", text}, none);
  const auto included = readConfiguration({"main", "include a;"}, [&text](const std::string& name) {
    return name == "a" ? std::vector<SourceFile>{{"a", text}} : std::vector<SourceFile>();
  });
  SESSIOND_CHECK(alone.hasValue() == included.hasValue() || text.find("include") != std::string::npos);
  lintNginx({"main", text}, none);
  lintDump(text);
  return 0;
}
