// The rules of an ACL user, words of ACL SETUSER, that give rights which are missing.
//
//   may not run:  ZADD sessiond:sessions:*     +zadd
//                 CLUSTER INFO                 +cluster|info
//   may, but not with these keys               ~sessiond:sessions:*
//   nor listen to this channel                 &__redis__:invalidate

#pragma once

#include <string>
#include <vector>

#include "redis/permission_check.h"

namespace sessiond {

/// Pure. REQUIRES: the server knows the command. Not for a shell: that takes some of it for its own.
std::string aclRuleFor(const MissingRight& right);

/// The same of those that the server knows, each rule once: behind ~* any other pattern is an error, and so is ~*
/// itself.
std::vector<std::string> aclRulesFor(const std::vector<MissingRight>& rights);

}  // namespace sessiond
