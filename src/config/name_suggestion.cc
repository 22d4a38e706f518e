#include "config/name_suggestion.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "base/ascii.h"

namespace sessiond {
namespace {

constexpr std::size_t kLongestName = 64;

/// Levenshtein's distance, by rows.
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string essence(std::string_view name) {
  std::string letters;
  for (const char byte : name) {
    if (byte != '_' && byte != '-') letters += toLower(byte);
  }
  return letters;
}

std::optional<std::string> nearestName(std::string_view given, const std::vector<std::string>& candidates) {
  if (given.size() > kLongestName) return std::nullopt;
  const std::string wanted = essence(given);
  std::optional<std::string> nearest;
  std::size_t nearest_distance = wanted.size() / 3 + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t candidate_distance = distance(wanted, essence(candidate));
    if (candidate_distance >= nearest_distance) continue;
    nearest_distance = candidate_distance;
    nearest = candidate;
  }
  return nearest;
}

}  // namespace sessiond
