#include "endpoints/api/api_answers.h"

#include <string>
#include <utility>

#include "endpoints/plain_answers.h"

namespace sessiond {

Response apiError(int status, std::string_view word, std::string_view reason) {
  std::string body = "{\"error\":\"";
  body.append(word).append("\",\"reason\":\"").append(reason).append("\"}\n");
  return jsonAnswer(status, std::move(body));
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
