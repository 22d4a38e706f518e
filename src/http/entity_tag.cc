#include "http/entity_tag.h"

#include <cstddef>
#include <optional>

namespace sessiond {
namespace {

struct ListedTag {
  std::string_view tag;  ///< with its quotes
  bool weak = false;
};

/// Takes the next entity tag off the list, empty elements skipped (RFC 9110 §5.6.1.2).
std::optional<ListedTag> takeTag(std::string_view& list) {
  const std::size_t start = list.find_first_not_of(" \t,");
  if (start == std::string_view::npos) return std::nullopt;
  list.remove_prefix(start);
  ListedTag listed;
  if (list.starts_with("W/")) {
    listed.weak = true;
    list.remove_prefix(2);
  }
  if (!list.starts_with('"')) return std::nullopt;
  const std::size_t end = list.find('"', 1);
  if (end == std::string_view::npos) return std::nullopt;
  listed.tag = list.substr(0, end + 1);
  list.remove_prefix(end + 1);
  const std::size_t next = list.find_first_not_of(" \t");
  if (next != std::string_view::npos && list[next] != ',') return std::nullopt;
  return listed;
}

bool matches(std::string_view field, std::string_view entity_tag, bool weak_too) {
  while (field.starts_with(' ') || field.starts_with('\t')) field.remove_prefix(1);
  while (field.ends_with(' ') || field.ends_with('\t')) field.remove_suffix(1);
  if (field == "*") return true;
  while (const std::optional<ListedTag> listed = takeTag(field)) {
    if (listed->tag == entity_tag && (weak_too || !listed->weak)) return true;
  }
  return false;
}

}  // namespace

bool matchesStrongly(std::string_view field, std::string_view entity_tag) {
  return matches(field, entity_tag, false);
}

bool matchesWeakly(std::string_view field, std::string_view entity_tag) {
  return matches(field, entity_tag, true);
}

}  // namespace sessiond
