// The rule of an ACL user, a word of ACL SETUSER, that gives a right which is missing.
//
//   may not run:  ZADD sessiond:sessions:*     +zadd
//                 CLUSTER INFO                 +cluster|info
//   may, but not with these keys               ~sessiond:sessions:*
//   nor listen to this channel                 &__redis__:invalidate

#pragma once

#include <string>

#include "redis/permission_check.h"

namespace sessiond {

/// Pure. REQUIRES: the server knows the command. Not for a shell: that takes some of it for its own.
std::string aclRuleFor(const MissingRight& right);

}  // namespace sessiond
