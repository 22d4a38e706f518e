#include "endpoints/router.h"

#include <optional>

#include "base/check.h"
#include "base/log.h"
#include "endpoints/plain_answers.h"

namespace sessiond {

/// Whoever finds a location that is set up so can ask as often as they like.
Response Router::unknownEndpoint(std::optional<std::string_view> name) const {
  LogSummary& summary = name ? unknown_ : unnamed_;
  if (const auto count = summary.count(clock_.steadyNow())) {
    if (name) {
      logError("router: unknown SESSIOND_ENDPOINT; nginx sends a name that this version does not serve",
               {{"endpoint", *name}, {"count", *count}});
    } else {
      logError("router: request without SESSIOND_ENDPOINT; include sessiond/endpoints.conf in the server block",
               {{"count", *count}});
    }
  }
  return textAnswer(500, "sessiond: the web server's configuration names no endpoint that is served here");
}

bool Router::givesWay(const Request& request) const noexcept {
  const std::optional<std::string_view> name = request.param(kEndpoint);
  if (name == kAuth) return false;
  const Endpoint* endpoint = name ? find(*name) : nullptr;
  return endpoint == nullptr || isAnsweredOnLane(*endpoint, request);
}

/// A password's is, unless its triage says otherwise.
bool Router::isAnsweredOnLane(const Endpoint& endpoint, const Request& request) noexcept {
  return endpoint.kind == Kind::kQuick ||
         (endpoint.kind == Kind::kPassword && request.paramOrEmpty("REQUEST_METHOD") == "POST");
}

Route Router::receive(Exchange& exchange) const {
  const std::optional<std::string_view> name = exchange.request.param(kEndpoint);
  if (name == kAuth) return auth_.receive(exchange);
  const Endpoint* endpoint = name ? find(*name) : nullptr;
  if (endpoint == nullptr) {
    exchange.response = unknownEndpoint(name);
    return Route::kAnswered;
  }
  if (!isAnsweredOnLane(*endpoint, exchange.request)) return Route::kWork;
  if (endpoint->kind == Kind::kPassword) {
    const RequestScope scope(exchange.request.paramOrEmpty("SESSIOND_REQUEST_ID"));
    return endpoint->triage(exchange);
  }
  exchange.response = endpoint->answer(exchange.request);
  return Route::kAnswered;
}

void Router::work(Exchange& exchange) const {
  const Endpoint* endpoint = find(exchange.request.paramOrEmpty(kEndpoint));
  SESSIOND_CHECK(endpoint != nullptr);
  const RequestScope scope(exchange.request.paramOrEmpty("SESSIOND_REQUEST_ID"));
  exchange.response = endpoint->answer(exchange.request);
}

void Router::turnAway(Exchange& exchange) const {
  const std::string_view name = exchange.request.paramOrEmpty(kEndpoint);
  if (name == kAuth) return auth_.turnAway(exchange);
  const Endpoint* endpoint = find(name);
  const RequestScope scope(exchange.request.paramOrEmpty("SESSIOND_REQUEST_ID"));
  if (endpoint != nullptr && endpoint->turn_away) exchange.response = endpoint->turn_away(exchange.request);
}

const Router::Endpoint* Router::find(std::string_view name) const noexcept {
  for (const Endpoint& endpoint : endpoints_) {
    if (endpoint.name == name) return &endpoint;
  }
  return nullptr;
}

}  // namespace sessiond
