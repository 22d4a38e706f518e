#include "endpoints/own_origin.h"

#include "http/origin.h"

namespace sessiond {

std::optional<std::string> ownOrigin(const Request& request) {
  return canonicalOrigin(std::string(request.paramOrEmpty("SESSIOND_SCHEME")) + "://" +
                         std::string(request.paramOrEmpty("SESSIOND_HOST")));
}

}  // namespace sessiond
