#include "base/clock.h"
#include "prepare.h"
#include "sessionctl/commands.h"

namespace sessiond::ctl {

int check(const CommonOptions& options) {
  const SystemClock clock;
  const auto prepared = prepare(options.config_file, ListeningSocket::kOurOwn, clock);
  return sayProblems(options, prepared.hasValue(), prepared ? prepared->warnings : prepared.error(),
                     options.config_file + ": the configuration is good");
}

}  // namespace sessiond::ctl
