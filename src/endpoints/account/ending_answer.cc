#include "endpoints/account/ending_answer.h"

#include <string>
#include <string_view>

#include "endpoints/plain_answers.h"

namespace sessiond {
namespace {

/// What the header X-Session-Logout says.
std::string_view nameOf(Burial burial) {
  return burial == Burial::kBuried ? "final" : "unburied";
}

Response empty(int status) {
  Response response(status);
  response.add("Cache-Control", "no-store");
  return response;
}

Response telling(const Ending& ending, Response response) {
  response.add("X-Session-Logout", nameOf(ending.burial));
  return response;
}

}  // namespace

Response endedForPage(const Ending& ending) {
  return telling(ending, empty(303));
}

Response endedForProgram(const Ending& ending) {
  if (!ending.replicas) return telling(ending, empty(204));
  return telling(ending, jsonAnswer(200, "{\"replicas\":" + std::to_string(*ending.replicas) + "}\n"));
}

}  // namespace sessiond
