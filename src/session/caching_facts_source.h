// CachingFactsSource: a facts source with the in-process cache before it.
//
// A peek is answered from memory. A load asks for what is not fresh there, one request a session however often it is
// wanted in a batch, and keeps what it learns.

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/metrics.h"
#include "session/facts_source.h"
#include "session/session_cache.h"

namespace sessiond {

/// Thread-safe; everything passed in must outlive it.
class CachingFactsSource final : public FactsSource {
 public:
  CachingFactsSource(FactsSource& source, SessionCache& cache, const Clock& clock, MetricsRegistry& metrics);

  std::optional<FoundSession> peek(std::string_view cookie, SteadyTime now) override;
  std::optional<FoundSession> peek(const SessionId& id, SteadyTime now) override;
  void load(std::span<FactsLoad> loads) override;
  std::unique_ptr<Pending> beginLoad(std::span<FactsLoad> loads) override;

  /// Brings the figures of the cache's size up to date. For whoever is about to show the metrics.
  void measure();

 private:
  class Asking;
  class BegunLoad;

  std::optional<FoundSession> count(std::optional<FoundSession> found);

  FactsSource& source_;
  SessionCache& cache_;
  const Clock& clock_;
  Counter& hits_;
  Counter& misses_;
  Counter& joined_;
  Gauge& entries_;
  Gauge& bytes_;
  Gauge& evictions_;
};

}  // namespace sessiond
