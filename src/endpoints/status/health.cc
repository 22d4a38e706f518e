#include "endpoints/status/health.h"

#include <string>
#include <string_view>
#include <utility>

namespace sessiond {

namespace {

bool isRead(const Request& request) {
  const std::string_view method = request.paramOrEmpty("REQUEST_METHOD");
  return method == "GET" || method == "HEAD";
}

Response text(const Request& request, int status, std::string body,
              std::string_view type = "text/plain; charset=utf-8") {
  Response response(status);
  response.add("Content-Type", type);
  response.add("Cache-Control", "no-store");
  if (request.paramOrEmpty("REQUEST_METHOD") != "HEAD") response.body = std::move(body);
  return response;
}

Response methodNotAllowed(const Request& request) {
  Response response = text(request, 405, "only GET is served here\n");
  response.add("Allow", "GET, HEAD");
  return response;
}

}  // namespace

Response answerHealth(const Request& request) {
  if (!isRead(request)) return methodNotAllowed(request);
  return text(request, 200, "ok\n");
}

Response answerReady(const Request& request, const std::function<bool()>& may_check) {
  if (!isRead(request)) return methodNotAllowed(request);
  if (may_check()) return text(request, 200, "ready\n");
  Response response = text(request, 503, "redis does not answer session checks\n");
  response.add("Retry-After", "1");
  return response;
}

Response answerMetrics(const Request& request, const MetricsRegistry& metrics) {
  if (!isRead(request)) return methodNotAllowed(request);
  return text(request, 200, metrics.render(), "text/plain; version=0.0.4; charset=utf-8");
}

}  // namespace sessiond
