#include "endpoints/media_type.h"

namespace sessiond {
namespace {

std::string lowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace

std::string mediaType(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  return lowerCase(type);
}

bool wantsPage(std::string_view accept) {
  return lowerCase(accept).find("text/html") != std::string::npos;
}

}  // namespace sessiond
