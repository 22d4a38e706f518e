// A password that is to be somebody's: from the terminal without echo, twice, or the first line of standard input.

#pragma once

#include <string>

#include "base/expected.h"
#include "base/secret.h"

namespace sessiond::ctl {

/// The error says why there is none. `of`: whose it is to be, for the question.
Expected<Secret, std::string> readNewPassword(bool from_stdin, const std::string& of);

}  // namespace sessiond::ctl
