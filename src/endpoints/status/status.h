// health, ready, metrics: what monitoring asks. None of them says anything about users.
//
//   health   200 while the process answers at all (liveness: restart it when this fails)
//   ready    200 while Redis answers what a session check asks, else 503 and why (readiness: send it no traffic)
//   metrics  Prometheus text

#pragma once

#include <functional>
#include <string>

#include "base/metrics.h"
#include "http/request.h"
#include "http/response.h"

namespace sessiond {

Response answerHealth(const Request& request);
/// `why_not` asks Redis, within its budget; empty: it is ready. It is said to whoever asks.
Response answerReady(const Request& request, const std::function<std::string()>& why_not);
Response answerMetrics(const Request& request, const MetricsRegistry& metrics);
/// Where metrics.enabled is false: 404.
Response answerNoMetrics(const Request& request);

}  // namespace sessiond
