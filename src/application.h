// Application: everything that is built from one configuration, wired together, as the Handler that the FastCGI
// room calls.
//
// A reload builds a second Application and puts it in the first one's place; a request is answered by the one that
// received it.

#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "explanation.h"
#include "http/handler.h"
#include "lasting_state.h"
#include "prepare.h"
#include "redis/redis_access.h"

namespace sessiond {

/// Thread-safe. Its end waits for threads of its own: not to be destroyed on a lane.
class Application final : public Handler {
 public:
  /// Starts threads; where the system has none left, std::system_error. `lasting`, `clock` and `metrics` must outlive
  /// the application.
  static std::shared_ptr<Application> build(Prepared prepared, LastingState& lasting, const Clock& clock,
                                            MetricsRegistry& metrics);
  ~Application() override;

  bool givesWay(const Request& request) const noexcept override;
  Route receive(Exchange& exchange) override;
  std::unique_ptr<Loader> makeLoader(EventLoop& loop, Loader::Client& client) override;
  void work(Exchange& exchange) override;
  void turnAway(Exchange& exchange) override;

  /// As Site's.
  void comeIntoForce() noexcept;
  /// Why a request would be let in or refused now. Waits for Redis.
  ExplainedCheck explain(const CheckQuestion& question);
  /// `name: value` lines for whoever looks after it.
  std::vector<std::string> status();
  /// Asks Redis whether it can be used as configured. Waits.
  StartupReport probeRedis();

 private:
  struct Parts;
  explicit Application(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace sessiond
