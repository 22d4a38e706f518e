// ApiAccess: what stands before both of the applications' endpoints: the token, if there is one, and the figures.
//
// nginx serves these endpoints to this machine only (nginx/api.conf). A token tells the applications that may use them
// from everything else that runs there.

#pragma once

#include <functional>
#include <string_view>

#include "base/metrics.h"
#include "base/secret.h"
#include "endpoints/site_settings.h"
#include "http/request.h"
#include "http/response.h"

namespace sessiond {

/// Thread-safe.
class ApiAccess {
 public:
  using Answer = std::function<Response(const Request&)>;

  /// Copies the token; `metrics` must outlive it.
  ApiAccess(const ApiSettings& config, MetricsRegistry& metrics);

  /// `answer`'s response, without its body for HEAD; or 401 when the token is missing or wrong.
  Response pass(std::string_view endpoint, const Request& request, const Answer& answer) const;

 private:
  bool bringsToken(const Request& request) const;

  const Secret token_;  // empty: there is none
  const bool without_token_allowed_;
  MetricsRegistry& metrics_;
  Counter& without_token_;
};

}  // namespace sessiond
