#include "endpoints/media_type.h"

#include "base/ascii.h"

namespace sessiond {

std::string mediaType(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  return lowerCase(type);
}

bool wantsPage(std::string_view accept) {
  return lowerCase(accept).find("text/html") != std::string::npos;
}

}  // namespace sessiond
