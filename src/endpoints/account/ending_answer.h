// What is answered when sessions have ended as they were asked to.

#pragma once

#include "http/response.h"
#include "session/session_store.h"

namespace sessiond {

/// 303; where to, is the caller's to add.
Response endedForPage(const Ending& ending);

/// 204; or, where replicas were waited for (logout.replicas), 200 with {"replicas":1}: how many have it.
Response endedForProgram(const Ending& ending);

}  // namespace sessiond
