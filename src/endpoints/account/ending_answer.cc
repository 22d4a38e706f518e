#include "endpoints/account/ending_answer.h"

#include <string>
#include <string_view>

namespace sessiond {
namespace {

/// What the header X-Session-Logout says.
std::string_view nameOf(Burial burial) {
  return burial == Burial::kBuried ? "final" : "unburied";
}

Response ended(int status, const Ending& ending) {
  Response response(status);
  response.add("Cache-Control", "no-store");
  response.add("X-Session-Logout", nameOf(ending.burial));
  return response;
}

}  // namespace

Response endedForPage(const Ending& ending) {
  return ended(303, ending);
}

Response endedForProgram(const Ending& ending) {
  if (!ending.replicas) return ended(204, ending);
  Response response = ended(200, ending);
  response.add("Content-Type", "application/json");
  response.body = "{\"replicas\":" + std::to_string(*ending.replicas) + "}\n";
  return response;
}

}  // namespace sessiond
