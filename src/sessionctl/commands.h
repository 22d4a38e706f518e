// sessionctl's commands: each is given the options of all, does one thing, and gives back an exit code of sysexits.h.

#pragma once

#include <string>
#include <vector>

#include "sessionctl/output.h"

namespace sessiond::ctl {

/// 0, or 78 with every problem: what the daemon would say at its start.
int check(const CommonOptions& options);
/// Asks the running daemon: 0 when the new configuration is in force, 78 when it is wrong, 69 when nobody is there.
int reload(const CommonOptions& options);
/// What the running daemon says of itself.
int status(const CommonOptions& options);
struct DoctorOptions {
  std::string nginx;  ///< its configuration, a file or nginx -T's output; empty: what nginx -T says
};
/// Walks the whole chain and says what is wrong, with the command that mends it: 1 when there is more than hints.
/// Changes nothing; a session that it makes is removed again.
int doctor(const CommonOptions& options, const DoctorOptions& how);
/// What is dangerous in an nginx configuration: `file` with what it includes, or the output of `nginx -T` ("-":
/// standard input). 1 when there is more than hints, 66 when it cannot be read.
int nginxLint(const CommonOptions& options, const std::string& file);

struct PrintOptions {
  std::string folder;   ///< to write them to; empty: standard output
  std::string shipped;  ///< the folder of the shipped ones; empty: beside this program
};
/// nginx's snippets for this configuration.
int nginxPrint(const CommonOptions& options, const PrintOptions& print);

/// Of which sessions something is said or done.
struct SessionOptions {
  std::vector<std::string> handles;
  std::string user;        ///< the user's id; empty: anybody
  bool scan = false;       ///< also those that no check has seen
  bool anonymous = false;  ///< also those of nobody
  bool yes = false;        ///< do not ask
  bool all = false;        ///< everybody's
  std::string from;        ///< with all: where a sweep that was cut off goes on; empty: at its beginning
};
/// Who is logged in, where and since when.
int sessionList(const CommonOptions& options, const SessionOptions& which);
/// One session, by its handle; 66 when there is none.
int sessionShow(const CommonOptions& options, const SessionOptions& which);
/// Ends sessions for good, by handles or all of a user; all the handles or none.
int sessionRevoke(const CommonOptions& options, const SessionOptions& which);
/// Logs everybody out: 0 when all is done, 69 when Redis does not answer, 65 when its counter is damaged.
int revokeAll(const CommonOptions& options, const SessionOptions& which);

/// A user, and what is to be said of the user.
struct UserOptions {
  std::string name;  ///< to log in with, as typed
  std::string id;
  std::string display_name;
  std::string email;
  std::vector<std::string> roles;
  bool disabled = false;
  bool from_stdin = false;  ///< the password
  bool yes = false;         ///< do not ask
  std::string file;         ///< to import
};
// Of users in Redis. 67 when there is no such user; those of the password file are shown, and changed with htpasswd(1).
int userAdd(const CommonOptions& options, const UserOptions& user);
int userPasswd(const CommonOptions& options, const UserOptions& user);
int userDisable(const CommonOptions& options, const UserOptions& user);
int userEnable(const CommonOptions& options, const UserOptions& user);
int userDel(const CommonOptions& options, const UserOptions& user);
int userShow(const CommonOptions& options, const UserOptions& user);
int userList(const CommonOptions& options);
/// All of a file's users, or none.
int userImport(const CommonOptions& options, const UserOptions& user);

/// Writes a new secret to a file that is not there yet.
int secretNew(const CommonOptions& options, const std::string& file);
/// Which secrets there are, and whether cookies of the old ones are still seen.
int secretStatus(const CommonOptions& options);
/// Has a secret, a new one if the file is not there, sign from now on, while the others still verify: changes the
/// configuration and reloads. Where that cannot be done, all is as it was, or the line to write is said; where it is
/// not known, it stays changed.
int secretRotate(const CommonOptions& options, const std::string& file);

/// Whose tries to log in.
struct ThrottleOptions {
  std::string user;     ///< the name
  std::string network;  ///< an address in it
  bool all = false;
  bool yes = false;
};
/// What the gate in front of every password has counted, and how long a try would have to wait.
int throttleList(const CommonOptions& options, const ThrottleOptions& which);
/// Forgets that.
int throttleClear(const CommonOptions& options, const ThrottleOptions& which);

/// A check that is to be explained.
struct ExplainOptions {
  std::string cookie_file;         ///< "-": standard input
  std::string policy = "default";  ///< as nginx names it
  std::string url;                 ///< that was asked for
};
/// Why a request with this cookie is let in or refused, step by step.
int explain(const CommonOptions& options, const ExplainOptions& what);

}  // namespace sessiond::ctl
