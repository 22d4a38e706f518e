// Snippets: the files of nginx/ for one configuration of sessiond.
//
// The shipped files are those of the default configuration; for another one the lines that depend on it are written
// anew. Everything else, the comments too, stays as it was shipped.

#pragma once

#include <string>
#include <vector>

#include "nginx/configuration.h"

namespace sessiond::nginx {

/// What the snippets depend on.
struct SnippetSettings {
  std::string socket;     ///< a path, or host:port
  std::string login_url;  ///< with a path of this site
  std::string cookie;     ///< the session cookie's name
  std::vector<std::string> identity;
  std::vector<std::string> policies;
};

/// The variable for an identity header: X-User-Id is $sessiond_user_id, X-Department $sessiond_header_x_department.
std::string identityVariable(const std::string& header);

/// `shipped` are the files of nginx/ with their names (upstream.conf), written for `defaults`; those for policies are
/// added.
std::vector<SourceFile> printSnippets(const std::vector<SourceFile>& shipped, const SnippetSettings& defaults,
                                      const SnippetSettings& settings);

}  // namespace sessiond::nginx
