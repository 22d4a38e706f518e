#include "session/identity_header.h"

#include <utility>

#include "base/ascii.h"

namespace sessiond {

IdentityHeader identityHeader(std::string name, std::string from) {
  IdentityHeader header{.name = std::move(name), .from = std::move(from)};
  if (sameWithoutCase(header.name, "x-user-id")) {
    header.required = true;
    header.lost = LostValue::kRefuse;
  } else if (sameWithoutCase(header.name, "x-user-roles")) {
    header.join = ",";
    header.lost = LostValue::kRefuse;
  }
  return header;
}

}  // namespace sessiond
