// prepare: the one way to get ready, for `sessiond -t`, the start, a reload and `sessionctl check`.
//
// It reads the configuration and everything that it names: secrets, the password file, the pages, what must be
// true of sockets and of the log file. It starts no thread and opens nothing for good. What comes back is all that an
// Application is built from, which cannot fail then; or every problem, with its place in the file.
//
// What it leaves to the start is what no file can say: whether another process has the socket at this moment, and
// whether Redis takes the user and password. And it asks as the user whose process it is: where root asks for a daemon
// that runs as another user, it cannot know what that one may not do, such as give the socket to `listen.group`.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/expected.h"
#include "config/config.h"
#include "config/config_problem.h"
#include "endpoints/pages/page_book.h"
#include "login/htpasswd_directory.h"

namespace sessiond {

struct Prepared {
  std::shared_ptr<const Config> config;
  std::unique_ptr<HtpasswdDirectory> htpasswd;  ///< null: login.authenticators does not list it
  PageBook pages;
  std::vector<ConfigProblem> warnings;  ///< sorted by position
};

/// Where the listening socket comes from.
enum class ListeningSocket {
  kOurOwn,
  kPassed,  ///< by systemd, which makes listen.socket meaningless
  kNone,    ///< who prepares is no daemon, and opens no control socket either
};

/// The error holds all problems, warnings too, sorted by position. Blocks on files. `clock` must outlive what is
/// prepared.
Expected<Prepared, std::vector<ConfigProblem>> prepare(const std::string& config_file, ListeningSocket socket,
                                                       const Clock& clock);

/// Those of the default configuration, for an installation that has no file yet.
PageBook builtInPages();

}  // namespace sessiond
