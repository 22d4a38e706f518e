#include "redis/scan_cursor.h"

#include <cstdint>

#include "base/check.h"
#include "base/parse.h"
#include "base/siphash.h"

namespace sessiond {
namespace {

/// The same in every process.
std::string sumOf(const std::vector<std::string>& servers) {
  std::string all;
  for (const std::string& server : servers) all += server + "\n";
  return std::to_string(sipHash128(all, SipHashKey()).low);
}

}  // namespace

ScanCursor::ScanCursor(std::string_view text, const std::vector<std::string>& servers)
    : sum_(sumOf(servers)), count_(servers.size()) {
  SESSIOND_CHECK(count_ > 0);
  const std::size_t first = text.find(':');
  if (first == std::string_view::npos || text.substr(0, first) != sum_) return;
  text.remove_prefix(first + 1);
  const std::size_t second = text.find(':');
  if (second == std::string_view::npos) return;
  const auto server = parseInteger<std::uint32_t>(text.substr(0, second));
  const auto own = parseInteger<std::uint64_t>(text.substr(second + 1));
  if (!server || *server >= count_ || !own) return;
  server_ = *server;
  own_ = text.substr(second + 1);
}

std::string ScanCursor::next(std::string_view own) const {
  const bool is_through = own == kEnd;
  if (is_through && server_ + 1 == count_) return std::string(kEnd);
  return sum_ + ":" + std::to_string(server_ + (is_through ? 1 : 0)) + ":" + std::string(own);
}

}  // namespace sessiond
