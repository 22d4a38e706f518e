// The configuration's text: whatever it is, it is read or refused with messages of one line each, and what was read
// is written and read again to the same.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "config/config_dump.h"
#include "config/config_file.h"
#include "config/config_reader.h"

namespace {

bool isOneLine(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](char byte) { return (byte >= 0 && byte < ' ') || byte == 0x7f; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > sessiond::kMaxConfigFileSize) return 0;
  sessiond::ConfigDraft draft = sessiond::readConfig({reinterpret_cast<const char*>(data), size}, "fuzz");
  const bool is_refused = draft.report.hasErrors();
  for (const sessiond::ConfigProblem& problem : draft.report.take()) {
    SESSIOND_CHECK(isOneLine(sessiond::describe(problem)));
  }
  if (is_refused) return 0;

  const std::string dump = sessiond::dumpConfig(draft.config);
  sessiond::ConfigDraft again = sessiond::readConfig(dump, "dump");
  SESSIOND_CHECK(!again.report.hasErrors());
  SESSIOND_CHECK(sessiond::dumpConfig(again.config) == dump);
  return 0;
}
