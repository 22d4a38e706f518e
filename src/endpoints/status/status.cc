#include "endpoints/status/status.h"

#include <string>
#include <string_view>
#include <utility>

#include "endpoints/plain_answers.h"

namespace sessiond {

namespace {

bool isRead(const Request& request) {
  const std::string_view method = request.paramOrEmpty("REQUEST_METHOD");
  return method == "GET" || method == "HEAD";
}

constexpr std::string_view kMethods = "GET, HEAD";

Response answerTo(const Request& request, Response response) {
  if (request.paramOrEmpty("REQUEST_METHOD") == "HEAD") response.body.clear();
  return response;
}

}  // namespace

Response answerHealth(const Request& request) {
  if (!isRead(request)) return methodNotAllowed(kMethods);
  return answerTo(request, textAnswer(200, "ok"));
}

Response answerReady(const Request& request, const std::function<std::string()>& why_not) {
  if (!isRead(request)) return methodNotAllowed(kMethods);
  const std::string why = why_not();
  if (why.empty()) return answerTo(request, textAnswer(200, "ready"));
  Response response = textAnswer(503, why);
  response.add("Retry-After", kRetrySoon);
  return answerTo(request, std::move(response));
}

Response answerMetrics(const Request& request, const MetricsRegistry& metrics) {
  if (!isRead(request)) return methodNotAllowed(kMethods);
  Response response(200);
  response.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  response.add("Cache-Control", "no-store");
  response.body = metrics.render();
  return answerTo(request, std::move(response));
}

Response answerNoMetrics(const Request& request) {
  if (!isRead(request)) return methodNotAllowed(kMethods);
  return answerTo(request, textAnswer(404, "metrics.enabled is false"));
}

}  // namespace sessiond
