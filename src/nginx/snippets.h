// Snippets: the files of nginx/ for one configuration of sessiond.
//
// The shipped files are those of the default configuration; for another one the lines that depend on it are written
// anew. Everything else, the comments too, stays as it was shipped.

#pragma once

#include <string>
#include <vector>

#include "nginx/configuration.h"

namespace sessiond::nginx {

/// What the snippets depend on; the defaults are those of sessiond.yaml.
struct SnippetSettings {
  std::string socket = "/run/sessiond/sessiond.sock";  ///< a path, or host:port
  std::string login_url = "/login";                    ///< with a path of this site
  std::vector<std::string> identity = {"X-User-Id", "X-User-Name", "X-User-Email", "X-User-Roles"};
  std::vector<std::string> policies = {"default"};
};

/// The variable for an identity header: X-User-Id is $sessiond_user_id, X-Department $sessiond_header_x_department.
std::string identityVariable(const std::string& header);

/// `shipped` are the files of nginx/ with their names (upstream.conf); those for policies are added.
std::vector<SourceFile> printSnippets(const std::vector<SourceFile>& shipped, const SnippetSettings& settings);

}  // namespace sessiond::nginx
