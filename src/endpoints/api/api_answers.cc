#include "endpoints/api/api_answers.h"

#include "endpoints/plain_answers.h"

namespace sessiond {

Response apiError(int status, std::string_view word, std::string_view reason) {
  Response response(status);
  response.add("Content-Type", "application/json");
  response.add("Cache-Control", "no-store");
  response.body.append("{\"error\":\"").append(word).append("\",\"reason\":\"").append(reason).append("\"}\n");
  return response;
}

Response apiUnavailable() {
  Response response = apiError(503, "unavailable", "Redis cannot be asked right now");
  response.add("Retry-After", kRetryAfter);
  return response;
}

Response apiMethodNotAllowed(std::string_view allowed) {
  return allowing(apiError(405, "method_not_allowed", "this address has other methods, see Allow"), allowed);
}

}  // namespace sessiond
