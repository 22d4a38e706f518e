#include "endpoints/plain_answers.h"

#include <string>

namespace sessiond {

Response allowing(Response refusal, std::string_view methods) {
  refusal.add("Allow", methods);
  return refusal;
}

Response methodNotAllowed(std::string_view allowed) {
  return allowing(textAnswer(405, "Method not allowed."), allowed);
}

Response jsonError(int status, std::string_view word) {
  Response response(status);
  response.add("Content-Type", "application/json");
  response.add("Cache-Control", "no-store");
  response.body = "{\"error\":\"" + std::string(word) + "\"}\n";
  return response;
}

Response textAnswer(int status, std::string_view line) {
  Response response(status);
  response.add("Content-Type", "text/plain; charset=utf-8");
  response.add("Cache-Control", "no-store");
  response.add("X-Content-Type-Options", "nosniff");
  response.body = std::string(line) + "\n";
  return response;
}

}  // namespace sessiond
