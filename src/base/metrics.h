// Metrics: counters, gauges and histograms that cost one relaxed increment, shown in Prometheus's text format.
//
// A room registers what it counts when it is built and keeps the reference. It is not prometheus-cpp's, whose counter
// is one number that all threads write; without that, only the printing of its library would be used.
//
//   Counter& opened = registry.counter("sessiond_redis_breaker_opened_total", "Times the breaker opened.");
//   opened.add();

#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/guarded.h"

namespace sessiond {

/// A number that only grows. Thread-safe. Lanes count at the same time, several times a check, so the number is kept
/// in parts, each on a cache line of its own that mostly one thread writes.
class Counter {
 public:
  void add(std::uint64_t by = 1) { parts_[partOfThisThread()].value.fetch_add(by, std::memory_order_relaxed); }
  std::uint64_t read() const {
    std::uint64_t sum = 0;
    for (const Part& part : parts_) sum += part.value.load(std::memory_order_relaxed);
    return sum;
  }

 private:
  static constexpr std::size_t kParts = 4;
  struct alignas(64) Part {
    std::atomic<std::uint64_t> value = 0;
  };

  static std::size_t partOfThisThread() {
    static std::atomic<std::size_t> threads = 0;
    thread_local const std::size_t part = threads.fetch_add(1, std::memory_order_relaxed) % kParts;
    return part;
  }

  std::array<Part, kParts> parts_;
};

/// A number that goes up and down. Thread-safe.
class alignas(64) Gauge {
 public:
  void add(std::int64_t by) { value_.fetch_add(by, std::memory_order_relaxed); }
  void set(std::int64_t to) { value_.store(to, std::memory_order_relaxed); }
  std::int64_t read() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_ = 0;
};

/// Latencies in fixed buckets. Thread-safe.
class Histogram {
 public:
  static constexpr std::array<double, 10> kBounds = {0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                                     0.01,    0.025,  0.05,  0.1,    0.25};  // seconds
  void observe(std::chrono::nanoseconds duration);
  /// Counts by bucket, not cumulated; the last one is everything above the highest bound.
  std::array<std::uint64_t, kBounds.size() + 1> buckets() const;
  double sumSeconds() const;

 private:
  std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> buckets_{};
  std::atomic<std::uint64_t> sum_nanoseconds_ = 0;
};

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

/// All figures of one process. Thread-safe. Asking again for the same name and labels gives the same figure, so
/// that what is built anew at a reload goes on counting; references live as long as the registry.
class MetricsRegistry {
 public:
  MetricsRegistry();
  ~MetricsRegistry();
  MetricsRegistry(const MetricsRegistry&) = delete;
  MetricsRegistry& operator=(const MetricsRegistry&) = delete;

  /// `name` follows Prometheus's rules and begins with "sessiond_", or with "process_" where Prometheus itself has set
  /// what it means; counters end in "_total".
  Counter& counter(std::string_view name, std::string_view help, const MetricLabels& labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, const MetricLabels& labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, const MetricLabels& labels = {});
  /// Of something that comes and goes, an address say: it lasts as long as somebody holds it, and beyond that until
  /// there are more than kMostPassing of the name; then the oldest that nobody holds is forgotten.
  std::shared_ptr<Counter> passingCounter(std::string_view name, std::string_view help, const MetricLabels& labels);
  static constexpr std::size_t kMostPassing = 64;

  enum class Kind { kCounter, kGauge };
  struct AskedFigure {
    std::string_view name;
    std::string_view help;
    Kind kind;
  };
  /// Figures that the system keeps: `read` gives all of them, in this order, whenever render() is asked. Once for each
  /// name.
  void asked(std::initializer_list<AskedFigure> figures, std::function<std::vector<double>()> read);

  /// Prometheus text exposition format 0.0.4.
  std::string render() const;

 private:
  struct Family;
  template <typename Figure>
  std::shared_ptr<Figure> figure(std::string_view name, std::string_view help, const MetricLabels& labels,
                                 std::size_t most = SIZE_MAX);

  struct AskedGroup {
    std::function<std::vector<double>()> read;
    std::vector<double> values;
  };

  mutable Guarded<std::vector<std::unique_ptr<AskedGroup>>> asked_;  // locked before the families
  mutable Guarded<std::vector<std::unique_ptr<Family>>> families_;
};

}  // namespace sessiond
