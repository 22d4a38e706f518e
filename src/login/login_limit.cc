#include "login/login_limit.h"

namespace sessiond {

std::string_view nameOf(LimitKind kind) {
  switch (kind) {
    case LimitKind::kDevice:
      return "device";
    case LimitKind::kKnownPlace:
      return "known_place";
    case LimitKind::kStranger:
      return "stranger";
    case LimitKind::kPlace:
      return "place";
  }
  return "";
}

}  // namespace sessiond
