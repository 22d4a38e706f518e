#include "endpoints/login/login_query.h"

#include <optional>
#include <string_view>

#include "endpoints/own_origin.h"
#include "http/form.h"
#include "http/origin.h"

namespace sessiond {
namespace {

/// Path and query of the page that the browser comes from, when it is one of this site's; else empty.
std::string ownReferer(const Request& request, const std::string& login_url) {
  const std::string_view referer = request.paramOrEmpty("HTTP_REFERER");
  const std::size_t scheme_end = referer.find("://");
  if (scheme_end == std::string_view::npos) return "";
  const std::size_t path = referer.find('/', scheme_end + 3);
  if (path == std::string_view::npos) return "";
  const std::optional<std::string> origin = canonicalOrigin(std::string(referer.substr(0, path)));
  if (!origin || origin != ownOrigin(request)) return "";
  const std::string_view target = referer.substr(path, referer.find('#', path) - path);
  if (target.substr(0, target.find('?')) == login_url) return "";
  return std::string(target);
}

}  // namespace

LoginQuery readLoginQuery(const Request& request, const std::string& login_url) {
  LoginQuery query;
  const std::optional<FormFields> fields = parseQuery(request.paramOrEmpty("QUERY_STRING"));
  if (!fields) return query;
  query.rd = formField(*fields, "rd").value_or("");
  query.stale = formField(*fields, "why") == "stale";
  query.lost = formField(*fields, "lost") == "1";
  query.switches = formField(*fields, "switch") == "1";
  if (query.lost) query.rd = ownReferer(request, login_url);
  return query;
}

}  // namespace sessiond
