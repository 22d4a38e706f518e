#include "session/caching_facts_source.h"

#include <chrono>
#include <memory>
#include <vector>

namespace sessiond {

namespace {

/// How long a check waits for another one's load. A load that takes longer has run out of its own budget long ago.
constexpr std::chrono::seconds kFlightLimit(2);

/// A session that this load asks the source for, and where the answer belongs.
struct Asked {
  FactsLoad* load = nullptr;
  std::shared_ptr<CacheFlight> flight;
};

/// Asks the source for all of them at once.
void ask(FactsSource& source, std::span<const Asked> asked) {
  if (asked.empty()) return;
  std::vector<FactsLoad> loads;
  loads.reserve(asked.size());
  for (const Asked& one : asked) loads.push_back(*one.load);
  source.load(loads);
  for (std::size_t i = 0; i < asked.size(); ++i) asked[i].load->found = std::move(loads[i].found);
}

/// Ends the flights of a load, whatever became of it: one that was left by an exception has found kUnavailable.
class Landing {
 public:
  Landing(SessionCache& cache, std::span<const Asked> asked, SteadyTime started)
      : cache_(cache), asked_(asked), started_(started) {}
  Landing(const Landing&) = delete;
  Landing& operator=(const Landing&) = delete;
  ~Landing() {
    for (const Asked& one : asked_) {
      if (one.flight) cache_.finish(*one.load->id, one.flight, one.load->found, one.load->cookie, started_);
    }
  }

 private:
  SessionCache& cache_;
  const std::span<const Asked> asked_;
  const SteadyTime started_;
};

}  // namespace

CachingFactsSource::CachingFactsSource(FactsSource& source, SessionCache& cache, const Clock& clock,
                                       MetricsRegistry& metrics)
    : source_(source),
      cache_(cache),
      clock_(clock),
      hits_(metrics.counter("sessiond_cache_hits_total", "Sessions found in memory.")),
      misses_(metrics.counter("sessiond_cache_misses_total", "Sessions asked of Redis.")),
      entries_(metrics.gauge("sessiond_cache_entries", "Sessions in memory, and what is known to be none.")),
      bytes_(metrics.gauge("sessiond_cache_bytes", "Memory of the sessions in memory.")),
      evictions_(metrics.gauge("sessiond_cache_evictions",
                               "Sessions that had to make room for others since the configuration was loaded.")) {}

void CachingFactsSource::measure() {
  const SessionCache::Size size = cache_.size();
  entries_.set(static_cast<std::int64_t>(size.entries));
  bytes_.set(static_cast<std::int64_t>(size.bytes));
  evictions_.set(static_cast<std::int64_t>(size.evictions));
}

std::optional<FoundSession> CachingFactsSource::peek(std::string_view cookie, SteadyTime now) {
  std::optional<FoundSession> found = cache_.find(cookie, now);
  if (found) hits_.add();
  return found;
}

void CachingFactsSource::load(std::span<FactsLoad> loads) {
  const SteadyTime started = clock_.steadyNow();
  std::vector<Asked> asked;
  std::vector<Asked> waiting;
  for (FactsLoad& load : loads) {
    SessionCache::Start start = cache_.start(*load.id, started);
    if (start.found) {
      load.found = *std::move(start.found);
      hits_.add();
    } else if (start.flight && !start.lead) {
      waiting.push_back({&load, std::move(start.flight)});
    } else {
      asked.push_back({&load, std::move(start.flight)});
    }
  }
  misses_.add(asked.size());
  {
    const Landing landing(cache_, asked, started);
    ask(source_, asked);
  }

  std::vector<Asked> overtaken;
  for (const Asked& one : waiting) {
    std::optional<FoundSession> found = one.flight->wait(kFlightLimit);
    if (found) {
      one.load->found = *std::move(found);
    } else {
      overtaken.push_back({one.load, nullptr});
    }
  }
  misses_.add(overtaken.size());
  ask(source_, overtaken);
}

}  // namespace sessiond
