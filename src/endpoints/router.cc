#include "endpoints/router.h"

#include <optional>

#include "base/check.h"
#include "base/log.h"

namespace sessiond {

/// Whoever finds a location that is set up so can ask as often as he likes.
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
  Response response(500);
  response.add("Content-Type", "text/plain; charset=utf-8");
  response.body = "sessiond: the web server's configuration names no endpoint that is served here\n";
  return response;
}

Route Router::receive(Exchange& exchange) const {
  const std::optional<std::string_view> name = exchange.request.param(kEndpoint);
  if (name == kAuth) return auth_.receive(exchange);
  const Endpoint* endpoint = name ? find(*name) : nullptr;
  if (endpoint == nullptr) {
    exchange.response = unknownEndpoint(name);
    return Route::kAnswered;
  }
  if (endpoint->kind == Kind::kPassword && exchange.request.paramOrEmpty("REQUEST_METHOD") == "POST") {
    const RequestScope scope(exchange.request.paramOrEmpty("SESSIOND_REQUEST_ID"));
    return endpoint->triage(exchange);
  }
  if (endpoint->kind != Kind::kQuick) return Route::kWork;
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
  if (endpoint != nullptr && endpoint->turn_away) exchange.response = endpoint->turn_away(exchange.request);
}

const Router::Endpoint* Router::find(std::string_view name) const {
  for (const Endpoint& endpoint : endpoints_) {
    if (endpoint.name == name) return &endpoint;
  }
  return nullptr;
}

}  // namespace sessiond
