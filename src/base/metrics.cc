#include "base/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <sstream>
#include <variant>

#include "base/check.h"

namespace sessiond {
namespace {

struct Asked {
  MetricsRegistry::Kind kind;
  const std::vector<double>* values = nullptr;
  std::size_t at = 0;
};

using Figure =
    std::variant<std::shared_ptr<Counter>, std::shared_ptr<Gauge>, std::shared_ptr<Histogram>, std::shared_ptr<Asked>>;

struct Series {
  MetricLabels labels;
  Figure figure;
};

bool isName(std::string_view name) {
  const auto allowed = [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_';
  };
  return (name.starts_with("sessiond_") || name.starts_with("process_")) &&
         std::all_of(name.begin(), name.end(), allowed);
}

prometheus::MetricType typeOf(const Figure& figure) {
  if (std::holds_alternative<std::shared_ptr<Counter>>(figure)) return prometheus::MetricType::Counter;
  if (std::holds_alternative<std::shared_ptr<Gauge>>(figure)) return prometheus::MetricType::Gauge;
  if (std::holds_alternative<std::shared_ptr<Histogram>>(figure)) return prometheus::MetricType::Histogram;
  return std::get<std::shared_ptr<Asked>>(figure)->kind == MetricsRegistry::Kind::kCounter
             ? prometheus::MetricType::Counter
             : prometheus::MetricType::Gauge;
}

prometheus::ClientMetric::Histogram shown(const Histogram& histogram) {
  prometheus::ClientMetric::Histogram metric;
  const auto counts = histogram.buckets();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    metric.sample_count += counts[i];
    if (i < Histogram::kBounds.size()) metric.bucket.push_back({metric.sample_count, Histogram::kBounds[i]});
  }
  metric.sample_sum = histogram.sumSeconds();
  return metric;
}

prometheus::ClientMetric shown(const Series& series) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : series.labels) metric.label.push_back({name, value});
  if (const auto* counter = std::get_if<std::shared_ptr<Counter>>(&series.figure)) {
    metric.counter.value = static_cast<double>((*counter)->read());
  } else if (const auto* gauge = std::get_if<std::shared_ptr<Gauge>>(&series.figure)) {
    metric.gauge.value = static_cast<double>((*gauge)->read());
  } else if (const auto* histogram = std::get_if<std::shared_ptr<Histogram>>(&series.figure)) {
    metric.histogram = shown(**histogram);
  } else {
    const Asked& asked = *std::get<std::shared_ptr<Asked>>(series.figure);
    (asked.kind == MetricsRegistry::Kind::kCounter ? metric.counter.value : metric.gauge.value) =
        asked.values->at(asked.at);
  }
  return metric;
}

}  // namespace

void Histogram::observe(std::chrono::nanoseconds duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  const auto bound = std::lower_bound(kBounds.begin(), kBounds.end(), seconds);
  buckets_[static_cast<std::size_t>(bound - kBounds.begin())].fetch_add(1, std::memory_order_relaxed);
  const auto nanoseconds = std::max<std::chrono::nanoseconds::rep>(duration.count(), 0);
  sum_nanoseconds_.fetch_add(static_cast<std::uint64_t>(nanoseconds), std::memory_order_relaxed);
}

std::array<std::uint64_t, Histogram::kBounds.size() + 1> Histogram::buckets() const {
  std::array<std::uint64_t, kBounds.size() + 1> counts{};
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = buckets_[i].load(std::memory_order_relaxed);
  return counts;
}

double Histogram::sumSeconds() const {
  return static_cast<double>(sum_nanoseconds_.load(std::memory_order_relaxed)) * 1e-9;
}

/// All figures of one name; their labels tell them apart.
struct MetricsRegistry::Family {
  std::string name;
  std::string help;
  std::vector<Series> series;
};

MetricsRegistry::MetricsRegistry() = default;
MetricsRegistry::~MetricsRegistry() = default;

template <typename Kind>
std::shared_ptr<Kind> MetricsRegistry::figure(std::string_view name, std::string_view help, const MetricLabels& labels,
                                              std::size_t most) {
  SESSIOND_CHECK(isName(name));
  auto families = families_.lock();
  auto family =
      std::find_if(families->begin(), families->end(), [&](const auto& known) { return known->name == name; });
  if (family == families->end()) {
    families->push_back(std::make_unique<Family>(Family{std::string(name), std::string(help), {}}));
    family = families->end() - 1;
  }
  std::vector<Series>& series = (*family)->series;
  SESSIOND_CHECK(series.empty() || std::holds_alternative<std::shared_ptr<Kind>>(series.front().figure));
  auto found = std::find_if(series.begin(), series.end(), [&](const Series& known) { return known.labels == labels; });
  if (found == series.end()) {
    const auto is_held = [](const Series& known) {
      return std::get<std::shared_ptr<Kind>>(known.figure).use_count() > 1;
    };
    while (series.size() >= most) {
      const auto oldest = std::ranges::find_if_not(series, is_held);
      if (oldest == series.end()) break;
      series.erase(oldest);
    }
    series.push_back({labels, std::make_shared<Kind>()});
    found = series.end() - 1;
  }
  return std::get<std::shared_ptr<Kind>>(found->figure);
}

Counter& MetricsRegistry::counter(std::string_view name, std::string_view help, const MetricLabels& labels) {
  SESSIOND_CHECK(name.ends_with("_total"));
  return *figure<Counter>(name, help, labels);
}

Gauge& MetricsRegistry::gauge(std::string_view name, std::string_view help, const MetricLabels& labels) {
  return *figure<Gauge>(name, help, labels);
}

Histogram& MetricsRegistry::histogram(std::string_view name, std::string_view help, const MetricLabels& labels) {
  return *figure<Histogram>(name, help, labels);
}

std::shared_ptr<Counter> MetricsRegistry::passingCounter(std::string_view name, std::string_view help,
                                                         const MetricLabels& labels) {
  SESSIOND_CHECK(name.ends_with("_total"));
  return figure<Counter>(name, help, labels, kMostPassing);
}

void MetricsRegistry::asked(std::initializer_list<AskedFigure> figures, std::function<std::vector<double>()> read) {
  auto groups = asked_.lock();
  AskedGroup& group = *groups->emplace_back(std::make_unique<AskedGroup>());
  group = {.read = std::move(read), .values = std::vector<double>(figures.size())};
  std::size_t at = 0;
  for (const AskedFigure& one : figures) {
    auto& known = *figure<Asked>(one.name, one.help, {});
    SESSIOND_CHECK(known.values == nullptr);
    known = {.kind = one.kind, .values = &group.values, .at = at++};
  }
}

std::string MetricsRegistry::render() const {
  std::vector<prometheus::MetricFamily> shown_families;
  {
    auto groups = asked_.lock();
    for (const auto& group : *groups) {
      group->values = group->read();
    }
    auto families = families_.lock();
    for (const auto& family : *families) {
      prometheus::MetricFamily shown_family;
      shown_family.name = family->name;
      shown_family.help = family->help;
      shown_family.type = typeOf(family->series.front().figure);
      for (const Series& series : family->series) shown_family.metric.push_back(shown(series));
      shown_families.push_back(std::move(shown_family));
    }
  }
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, shown_families);
  return text.str();
}

}  // namespace sessiond
