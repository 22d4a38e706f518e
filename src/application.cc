#include "application.h"

#include <utility>

#include "endpoints/router.h"
#include "endpoints/status/status.h"
#include "redis/permission_check.h"
#include "redis_topology.h"
#include "site.h"

namespace sessiond {

/// Each is built from those above it, and goes before them.
struct Application::Parts {
  Parts(Prepared prepared, LastingState& lasting, const Clock& time, MetricsRegistry& registry);

  /// Is Redis a primary that answers what session checks ask? Empty: it is.
  std::string whyNotReady() {
    return redis.access().reachable() ? site.whyNotReady() : "redis is not reachable, or cannot be used";
  }

  const std::shared_ptr<const Config> config;
  const Clock& clock;
  RedisTopology redis;
  Site site;
  Router router;
};

Application::Parts::Parts(Prepared prepared, LastingState& lasting, const Clock& time, MetricsRegistry& registry)
    : config(prepared.config),
      clock(time),
      redis(*config, lasting.nodes, clock, registry),
      site(std::move(prepared), {redis, lasting, clock, registry}),
      router(site.auth(), clock) {
  site.addTo(router);
  router.addQuick("health", answerHealth);
  router.addSlow("ready",
                 [this](const Request& request) { return answerReady(request, [this] { return whyNotReady(); }); });
  if (!config->metrics.enabled) {
    router.addQuick("metrics", answerNoMetrics);
    return;
  }
  router.addSlow("metrics", [this, &registry](const Request& request) {
    site.showFigures();
    return answerMetrics(request, registry);
  });
}

std::shared_ptr<Application> Application::build(Prepared prepared, LastingState& lasting, const Clock& clock,
                                                MetricsRegistry& metrics) {
  return std::shared_ptr<Application>(
      new Application(std::make_unique<Parts>(std::move(prepared), lasting, clock, metrics)));
}

Application::Application(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Application::~Application() = default;

bool Application::givesWay(const Request& request) const noexcept {
  return parts_->router.givesWay(request);
}

Route Application::receive(Exchange& exchange) {
  return parts_->router.receive(exchange);
}

std::unique_ptr<Loader> Application::makeLoader(EventLoop& loop, Loader::Client& client) {
  return parts_->site.auth().makeLoader(loop, client);
}

void Application::work(Exchange& exchange) {
  parts_->router.work(exchange);
}

void Application::turnAway(Exchange& exchange) {
  parts_->router.turnAway(exchange);
}

void Application::comeIntoForce() noexcept {
  parts_->site.comeIntoForce();
}

StartupReport Application::probeRedis() {
  StartupReport report = parts_->redis.access().probe();
  if (report.outcome != StartupProbe::kOk) return report;
  return checkPermissions(parts_->redis.access(), parts_->site.permissions(), parts_->clock);
}

ExplainedCheck Application::explain(const CheckQuestion& question) {
  return parts_->site.explain(question);
}

std::vector<std::string> Application::status() {
  return parts_->site.status();
}

}  // namespace sessiond
