#include "session/caching_facts_source.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/reused.h"

namespace sessiond {

CachingFactsSource::CachingFactsSource(FactsSource& source, SessionCache& cache, const Clock& clock,
                                       MetricsRegistry& metrics)
    : source_(source),
      cache_(cache),
      clock_(clock),
      hits_(metrics.counter("sessiond_cache_hits_total", "Sessions wanted by a check and found in memory.")),
      misses_(metrics.counter("sessiond_cache_misses_total", "Sessions wanted by a check and asked of Redis.")),
      joined_(metrics.counter("sessiond_cache_joined_total",
                              "Sessions wanted by a check while another one was asking Redis; both had the answer.")),
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

std::optional<FoundSession> CachingFactsSource::count(std::optional<FoundSession> found) {
  if (found) hits_.add();
  return found;
}

std::optional<FoundSession> CachingFactsSource::peek(std::string_view cookie, SteadyTime now) {
  return count(cache_.find(cookie, now));
}

std::optional<FoundSession> CachingFactsSource::peek(const SessionId& id, SteadyTime now) {
  return count(cache_.find(id, now));
}

/// What is asked of the source for a batch: each session once.
class CachingFactsSource::Asking {
 public:
  void prepare(SessionCache& cache, std::span<const FactsLoad> loads, SteadyTime now) {
    asked.clear();
    notes.clear();
    places.clear();
    for (const FactsLoad& load : loads) {
      const auto same = std::ranges::find_if(asked, [&](const FactsLoad& one) { return *one.id == *load.id; });
      places.push_back(static_cast<std::size_t>(same - asked.begin()));
      if (same != asked.end()) continue;
      notes.push_back(cache.note(*load.id, now));
      asked.push_back({.id = load.id,
                       .cookie = load.cookie,
                       .wants_ttl = notes.back().wants_ttl,
                       .known = notes.back().known,
                       .found = {}});
    }
  }
  void keep(SessionCache& cache, std::span<FactsLoad> loads, SteadyTime now) {
    for (std::size_t i = 0; i < asked.size(); ++i) {
      cache.keep(*asked[i].id, notes[i], asked[i].found, asked[i].cookie, true, now);
    }
    for (std::size_t i = 0; i < loads.size(); ++i) loads[i].found = asked[places[i]].found;
  }

  std::vector<FactsLoad> asked;
  std::vector<SessionCache::Note> notes;  ///< one for each that is asked
  std::vector<std::size_t> places;        ///< for each load: which of `asked` answers it
};

void CachingFactsSource::load(std::span<FactsLoad> loads) {
  const Reused<Asking> asking;
  asking->prepare(cache_, loads, clock_.steadyNow());
  misses_.add(asking->asked.size());
  joined_.add(loads.size() - asking->asked.size());
  source_.load(asking->asked);
  asking->keep(cache_, loads, clock_.steadyNow());
}

class CachingFactsSource::BegunLoad final : public Pending {
 public:
  BegunLoad(CachingFactsSource& caching, std::span<FactsLoad> loads) : caching_(caching), loads_(loads) {
    asking_->prepare(caching.cache_, loads, caching.clock_.steadyNow());
    pending_ = caching.source_.beginLoad(asking_->asked);
  }
  bool hasBegun() const { return pending_ != nullptr; }

  int fd() const override { return pending_->fd(); }
  SteadyTime deadline() const override { return pending_->deadline(); }
  State advance() override {
    const State state = pending_->advance();
    if (state != State::kDone) return state;
    caching_.misses_.add(asking_->asked.size());
    caching_.joined_.add(loads_.size() - asking_->asked.size());
    asking_->keep(caching_.cache_, loads_, caching_.clock_.steadyNow());
    return state;
  }

 private:
  CachingFactsSource& caching_;
  const std::span<FactsLoad> loads_;
  const Reused<Asking> asking_;
  std::unique_ptr<Pending> pending_;  // last: it refers to asking_
};

std::unique_ptr<Pending> CachingFactsSource::beginLoad(std::span<FactsLoad> loads) {
  auto begun = std::make_unique<BegunLoad>(*this, loads);
  if (!begun->hasBegun()) return nullptr;
  return begun;
}

}  // namespace sessiond
