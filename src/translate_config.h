// From the configuration's sections to the rules that the rooms work by. The domain (session/) knows no
// configuration, so somebody above both has to say which option is which rule.

#pragma once

#include <vector>

#include "config/config.h"
#include "endpoints/auth/auth.h"
#include "fastcgi/server_options.h"
#include "session/facts_extractor.h"
#include "session/session_finder.h"
#include "session/session_policy.h"

namespace sessiond {

std::vector<SessionPolicy> policiesOf(const Config& config);
ExtractionRules extractionRulesOf(const Config& config);
AuthSettings authSettingsOf(const Config& config);
SessionFinderSettings finderSettingsOf(const Config& config);
ServerOptions serverOptionsOf(const Config& config);

}  // namespace sessiond
