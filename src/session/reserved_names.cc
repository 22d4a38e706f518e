#include "session/reserved_names.h"

#include <algorithm>
#include <array>

namespace sessiond {

bool isReservedName(std::string_view name) {
  static constexpr std::array<std::string_view, 22> kNames = {
      "cookie", "_sd",
      // express-session's Session
      "id", "req", "touch", "resetMaxAge", "save", "reload", "destroy", "regenerate",
      // Object.prototype (ECMAScript §20.1.3 and annex B.2.2)
      "__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__", "__proto__", "constructor",
      "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString", "toString", "valueOf"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

}  // namespace sessiond
