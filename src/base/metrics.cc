#include "base/metrics.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <system_error>
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

const char* typeOf(const Figure& figure) {
  if (std::holds_alternative<std::shared_ptr<Counter>>(figure)) return "counter";
  if (std::holds_alternative<std::shared_ptr<Gauge>>(figure)) return "gauge";
  if (std::holds_alternative<std::shared_ptr<Histogram>>(figure)) return "histogram";
  return std::get<std::shared_ptr<Asked>>(figure)->kind == MetricsRegistry::Kind::kCounter ? "counter" : "gauge";
}

/// The shortest that reads back as the same.
std::string textOf(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "+Inf" : "-Inf";
  std::array<char, 512> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::fixed);
  SESSIOND_CHECK(end.ec == std::errc());
  return {digits.data(), end.ptr};
}

/// Of a text after HELP, or, `quoted`, of a label's value.
std::string escaped(std::string_view text, bool quoted) {
  std::string safe;
  for (const char byte : text) {
    if (byte == '\n') {
      safe += "\\n";
      continue;
    }
    if (byte == '\\' || (quoted && byte == '"')) safe += '\\';
    safe += byte;
  }
  return safe;
}

/// `name{outcome="valid"} 3`
void appendSample(std::string& text, const std::string& name, const MetricLabels& labels, const std::string& value) {
  text += name;
  char before = '{';
  for (const auto& [label, of] : labels) {
    text += before + label + "=\"" + escaped(of, true) + '"';
    before = ',';
  }
  text += (labels.empty() ? " " : "} ") + value + '\n';
}

void appendHistogram(std::string& text, const std::string& name, const MetricLabels& labels,
                     const Histogram& histogram) {
  const auto counts = histogram.buckets();
  const std::uint64_t all = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  appendSample(text, name + "_count", labels, std::to_string(all));
  appendSample(text, name + "_sum", labels, textOf(histogram.sumSeconds()));
  std::uint64_t below = 0;
  MetricLabels with_bound = labels;
  with_bound.emplace_back("le", "");
  for (std::size_t i = 0; i < counts.size(); ++i) {
    below += counts[i];
    with_bound.back().second = i < Histogram::kBounds.size() ? textOf(Histogram::kBounds[i]) : "+Inf";
    appendSample(text, name + "_bucket", with_bound, std::to_string(below));
  }
}

void appendSeries(std::string& text, const std::string& name, const Series& series) {
  if (const auto* counter = std::get_if<std::shared_ptr<Counter>>(&series.figure)) {
    appendSample(text, name, series.labels, std::to_string((*counter)->read()));
  } else if (const auto* gauge = std::get_if<std::shared_ptr<Gauge>>(&series.figure)) {
    appendSample(text, name, series.labels, std::to_string((*gauge)->read()));
  } else if (const auto* histogram = std::get_if<std::shared_ptr<Histogram>>(&series.figure)) {
    appendHistogram(text, name, series.labels, **histogram);
  } else {
    const Asked& asked = *std::get<std::shared_ptr<Asked>>(series.figure);
    appendSample(text, name, series.labels, textOf(asked.values->at(asked.at)));
  }
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
  return static_cast<double>(sum_nanoseconds_.load(std::memory_order_relaxed)) / 1e9;
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
  auto groups = asked_.lock();
  for (const auto& group : *groups) group->values = group->read();
  std::string text;
  auto families = families_.lock();
  for (const auto& family : *families) {
    text += "# HELP " + family->name + ' ' + escaped(family->help, false) + '\n';
    text += "# TYPE " + family->name + ' ' + typeOf(family->series.front().figure) + '\n';
    for (const Series& series : family->series) appendSeries(text, family->name, series);
  }
  return text;
}

}  // namespace sessiond
