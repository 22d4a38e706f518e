#include "http/request.h"

namespace sessiond {

std::string_view pathOf(std::string_view uri) {
  return uri.substr(0, uri.find('?'));
}

std::optional<std::string_view> Request::param(std::string_view name) const {
  for (const Param& candidate : params) {
    if (candidate.name == name) return candidate.value;
  }
  return std::nullopt;
}

}  // namespace sessiond
