#include "endpoints/api/api_access.h"

#include <string>

#include "base/ascii.h"
#include "endpoints/api/api_answers.h"

namespace sessiond {
namespace {

constexpr std::string_view kScheme = "bearer ";  // RFC 9110 §11.1: its case does not matter

Response unauthorized() {
  Response response = apiError(401, "token_required", "the request needs Authorization: Bearer with the right token");
  response.add("WWW-Authenticate", "Bearer realm=\"sessiond\"");
  return response;
}

}  // namespace

ApiAccess::ApiAccess(const ApiSettings& config, MetricsRegistry& metrics)
    : token_(config.token.clone()),
      without_token_allowed_(config.allow_without_token),
      metrics_(metrics),
      without_token_(metrics.counter("sessiond_api_token_refusals_total",
                                     "Requests of applications without api.token_file's token.")) {}

Response ApiAccess::pass(std::string_view endpoint, const Request& request, const Answer& answer) const {
  const bool admitted = bringsToken(request);
  if (!admitted) without_token_.add();
  Response response = admitted ? answer(request) : unauthorized();
  if (request.paramOrEmpty("REQUEST_METHOD") == "HEAD") response.body.clear();
  metrics_
      .counter("sessiond_api_requests_total", "Requests of applications, by the status they got.",
               {{"endpoint", std::string(endpoint)}, {"status", std::to_string(response.status)}})
      .add();
  return response;
}

bool ApiAccess::bringsToken(const Request& request) const {
  if (token_.empty()) return without_token_allowed_;
  std::string_view credentials = request.paramOrEmpty("HTTP_AUTHORIZATION");
  if (!startsWithoutCase(credentials, kScheme)) return false;
  credentials.remove_prefix(kScheme.size());
  while (credentials.starts_with(' ')) credentials.remove_prefix(1);
  return token_.equals(credentials);
}

}  // namespace sessiond
