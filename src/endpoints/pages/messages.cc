#include "endpoints/pages/messages.h"

namespace sessiond {

std::vector<std::string_view> placesIn(std::string_view text) {
  std::vector<std::string_view> places;
  for (std::size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) break;
    places.push_back(text.substr(open + 1, close - open - 1));
  }
  return places;
}

const std::string* Messages::find(std::string_view key) const {
  const auto found = texts_.find(key);
  return found == texts_.end() ? nullptr : &found->second;
}

}  // namespace sessiond
