// Whatever the file: the parser does not crash, users come sorted, once each and with hashes that are usable or locked
// unless their line is bad, and a problem names its line.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "login/htpasswd_parser.h"
#include "login/password_hash.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sessiond;
  const HtpasswdContent content = parseHtpasswd({reinterpret_cast<const char*>(data), size}, "f", NameCase::kMatters);
  const HtpasswdLine* before = nullptr;
  for (const HtpasswdLine& line : content.users) {
    SESSIOND_CHECK(isValidUserName(line.login));
    SESSIOND_CHECK(before == nullptr || before->login < line.login);
    if (line.entry.damage.empty()) {
      SESSIOND_CHECK(line.entry.locked == isLockedHash(line.entry.password_hash));
      SESSIOND_CHECK(line.entry.locked || !explainUnusableHash(line.entry.password_hash));
      SESSIOND_CHECK(line.entry.user.json.starts_with("{\"id\":\"") &&
                     !line.entry.user.json.starts_with("{\"id\":\"\""));
      if (!line.entry.locked)
        SESSIOND_CHECK(line.entry.password_hash.starts_with(costOf(line.entry.password_hash).substr(0, 2)));
    }
    before = &line;
  }
  for (const std::string& problem : content.problems) {
    SESSIOND_CHECK(problem.starts_with("f:") && problem.size() > 4 && problem[2] >= '1' && problem[2] <= '9');
    SESSIOND_CHECK(problem.find('\n') == std::string::npos);
  }
  return 0;
}
