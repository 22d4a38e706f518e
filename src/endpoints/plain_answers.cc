#include "endpoints/plain_answers.h"

#include <utility>

namespace sessiond {

Response allowing(Response refusal, std::string_view methods) {
  refusal.add("Allow", methods);
  return refusal;
}

Response methodNotAllowed(std::string_view allowed) {
  return allowing(textAnswer(405, "Method not allowed."), allowed);
}

Response jsonAnswer(int status, std::string body) {
  Response response(status);
  response.add("Content-Type", "application/json");
  response.add("Cache-Control", "no-store");
  response.body = std::move(body);
  return response;
}

Response jsonError(int status, std::string_view word) {
  return jsonAnswer(status, "{\"error\":\"" + std::string(word) + "\"}\n");
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
