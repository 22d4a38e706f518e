#include "endpoints/media_type.h"

#include "base/ascii.h"

namespace sessiond {

std::string mediaType(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  return lowerCase(type);
}

bool wantsPage(const Request& request) {
  return lowerCase(request.paramOrEmpty("HTTP_ACCEPT")).find("text/html") != std::string::npos;
}

bool isForm(const Request& request) {
  return mediaType(request.paramOrEmpty("CONTENT_TYPE")) == "application/x-www-form-urlencoded";
}

}  // namespace sessiond
