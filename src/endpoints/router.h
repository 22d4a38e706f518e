// Router: which endpoint a request is for, and on which thread it is answered.
//
// nginx names the endpoint in SESSIOND_ENDPOINT. A request without it, or with a name nobody knows, is a mistake in
// the web server's configuration: 500, and a log line that says which snippet is missing.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log_summary.h"
#include "base/metrics.h"
#include "endpoints/auth/auth.h"
#include "http/handler.h"

namespace sessiond {

/// Thread-safe once all endpoints have been added.
class Router {
 public:
  using Answer = std::function<Response(const Request&)>;
  using Triage = std::function<Route(Exchange&)>;

  /// `auth` is apart from the others: the only endpoint with a way through lanes and loaders. Both must outlive this.
  Router(const AuthEndpoint& auth, const Clock& clock) : auth_(auth), clock_(clock) {}

  /// Answers that never wait, given on the lane.
  void addQuick(std::string_view name, Answer answer) {
    endpoints_.push_back({std::string(name), Kind::kQuick, std::move(answer), {}, {}});
  }
  /// Answers that may wait, given on a worker. `turn_away` has the words for when none is to be had; it never waits.
  void addSlow(std::string_view name, Answer answer, Answer turn_away = {}) {
    endpoints_.push_back({std::string(name), Kind::kSlow, std::move(answer), std::move(turn_away), {}});
  }
  /// The same, but for a POST, which brings a password: `triage` says on the lane, without waiting, to which workers
  /// for passwords it goes, kPassword or kReturning, or answers it, kAnswered.
  void addPassword(std::string_view name, Answer answer, Answer turn_away, Triage triage) {
    endpoints_.push_back(
        {std::string(name), Kind::kPassword, std::move(answer), std::move(turn_away), std::move(triage)});
  }

  /// Is it answered on the lane, and no check? What goes to a worker costs the lane next to nothing, and a logout, say,
  /// waits for nobody's refusal.
  bool givesWay(const Request& request) const noexcept;
  Route receive(Exchange& exchange) const;
  /// On a worker. REQUIRES: receive() said kWork, kPassword or kReturning.
  void work(Exchange& exchange) const;
  /// Leaves the answer as it is where an endpoint has no words of its own.
  void turnAway(Exchange& exchange) const;

 private:
  static constexpr std::string_view kEndpoint = "SESSIOND_ENDPOINT";
  static constexpr std::string_view kAuth = "auth";

  enum class Kind { kQuick, kSlow, kPassword };

  struct Endpoint {
    std::string name;
    Kind kind;
    Answer answer;
    Answer turn_away;    ///< may be empty
    Triage triage = {};  ///< of kPassword
  };

  const Endpoint* find(std::string_view name) const noexcept;
  static bool isAnsweredOnLane(const Endpoint& endpoint, const Request& request) noexcept;
  Response unknownEndpoint(std::optional<std::string_view> name) const;

  const AuthEndpoint& auth_;
  const Clock& clock_;
  mutable LogSummary unknown_;
  mutable LogSummary unnamed_;
  std::vector<Endpoint> endpoints_;
};

}  // namespace sessiond
